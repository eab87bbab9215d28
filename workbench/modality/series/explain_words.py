"""Explanations of windows in words: channels by how much they say, bands of frequencies. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backend.statistics.unit_resampling import draws, interval, quotient, sums
from backend.workspace import formats
from backend.workspace.formats import compact, count, points, quantity_interval

SHOWN = 6  # channels of a figure
BLANK = (
    "A piece is some steps of one channel; its score says how the answer changes when it lies flat at the channel's "
    "training mean. Channels are drawn in the order of the sizes of their scores."
)
RANKED = (
    "Mean size of a channel's scores over the explained windows, with a 95 % interval by resampling units. The windows "
    "are chosen so that classes are equally frequent and a quarter is predicted wrongly where possible: not a random "
    "sample."
)
BANDS = (
    "Each band of frequencies is taken out of one channel at a time. What several channels or bands say together is "
    "missed: the others still say it. Mean size of the change over test windows, 95 % intervals by resampling units."
)


def by_channel(scores: np.ndarray, channels: int) -> np.ndarray:
    """n x (C x pieces) -> n x C: the sizes of the scores of each channel, added up."""
    return np.abs(np.asarray(scores, np.float64)).reshape(len(scores), channels, -1).sum(axis=2)


def strongest(scores: np.ndarray, channels: int, most: int = SHOWN) -> list[int]:
    """Channels of one window in descending order of the sizes of their scores; scores: C x pieces."""
    return np.argsort(-by_channel(np.ravel(scores)[None], channels)[0], kind="stable")[:most].tolist()


def ranked(scores: np.ndarray, names: Sequence[str], units: Sequence[str]) -> list[dict[str, Any]]:
    """[{channel, value, low, high}], the channel that says most first; units: of the explained windows."""
    size = by_channel(scores, len(names))
    _, code = np.unique(np.asarray(units, dtype=str), return_inverse=True)
    many = int(code.max()) + 1
    told = sums(code, np.column_stack([size, np.ones(len(size))]), many)
    drawn = draws(many, 0)
    found = [{"channel": name, **interval(told, quotient(k, len(names)), drawn)} for k, name in enumerate(names)]
    return sorted(found, key=lambda one: -one["value"])


def ranking(found: Sequence[Mapping[str, Any]], windows: int, units: int) -> str:
    """Which channel says most, and whether that is sure."""
    first, *rest = found
    said = f"Over {count(windows, 'explained window')} of {count(units, 'unit')}, {first['channel']} says most"
    if not rest or first["low"] is None:
        return f"{said}."
    sure = [one["channel"] for one in rest if one["high"] >= first["low"]]
    if not sure:
        return f"{said}, by an interval that no other channel's reaches."
    if len(sure) == 1:
        return f"{said}, but not surely: the interval of {sure[0]} reaches as far."
    named = ", ".join(sure[:3]) + " and others" if len(sure) > 3 else f"{', '.join(sure[:-1])} and {sure[-1]}"
    return f"{said}, but not surely: the intervals of {named} reach as far."


def ranked_rows(found: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{"Channel": one["channel"], "Mean size of its scores": quantity_interval(one)} for one in found]


def period(band: Mapping[str, float], step: float, unit: str | None) -> str:
    """ "2 to 3.4 hours" """
    ends = [compact(step * band[end]) for end in ("shortest", "longest")]
    said = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    return f"{said} {unit or 'steps'}"


def largest(told: Mapping[str, Any]) -> tuple[int, int]:
    """(channel, band) of the largest effect."""
    values = np.array([[one["value"] for one in row] for row in told["effect"]])
    return tuple(int(place) for place in np.unravel_index(values.argmax(), values.shape))


def banded(told: Mapping[str, Any], what: str, unit: str | None) -> str:
    """The answer to the question on bands. what: whose amount it is; unit: of a number, None of a class."""
    channel, band = largest(told)
    found = told["effect"][channel][band]
    size = points(found, sign=False) if told["output"] is not None else quantity_interval(found, unit)
    where = period(told["bands"][band], told["step"], told["unit"])
    return (
        f"Taking swings with a period of {where} out of {told['channels'][channel]} changes {what} most: by {size} on "
        f"average, over {count(told['rows'], 'test window')} of {count(told['units'], 'unit')}."
    )


def band_rows(told: Mapping[str, Any], most: int = 40) -> list[dict[str, str]]:
    """A row a channel, a column a band; those that change most first."""
    scale = 100 if told["output"] is not None else 1
    heads = [period(band, told["step"], told["unit"]) for band in told["bands"]]
    order = sorted(range(len(told["channels"])), key=lambda k: -max(one["value"] for one in told["effect"][k]))
    return [
        {"Channel": told["channels"][k]}
        | {head: formats.interval(one, scale=scale) for head, one in zip(heads, told["effect"][k], strict=True)}
        for k in order[:most]
    ]
