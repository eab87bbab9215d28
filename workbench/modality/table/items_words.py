"""A selection of rows against the rest of the map, in words. Pure: contrasts in, sentences and table rows out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.modality.table.features import MISSING, OTHER, shown
from backend.statistics.contrasts import NO_VALUE, Contrast
from backend.workspace.formats import decimal, interval, p_value, percent, points

from .explain_words import cut

ALPHA = 0.05
FEWEST = 10  # rows on either side
CHOSEN = (
    "A selection is drawn after looking, and the map was made from these very columns: read p as a description, not as "
    "a test of something stated beforehand."
)
METHOD = (
    "Effect: the difference in standard deviations; of a category that of the value whose share differs most, with an "
    "interval that holds for all its values. p: Welch's t or chi-square, corrected after Holm over all lines."
)
TOGETHER = "Rows that belong together widen the intervals."


def value_of(one: Contrast, feature: dict[str, Any]) -> str:
    """Which value of a category is spoken of; empty of a number."""
    if one.code is None:
        return ""
    return MISSING if one.code == NO_VALUE else OTHER if one.code == 0 else str(feature["values"][one.code - 1])


def called(one: Contrast, feature: dict[str, Any]) -> str:
    """ "age", "job: clerk" """
    value = value_of(one, feature)
    return cut(f"{feature['name']}: {value}" if value else feature["name"])


def side(amount: float, one: Contrast, feature: dict[str, Any]) -> str:
    """A mean in the unit of the source, or a share."""
    return shown(amount, {**feature, "whole": False}) if one.code is None else percent(amount)


def difference(one: Contrast, feature: dict[str, Any]) -> str:
    """In the unit of the source (of dates in days), or in points."""
    found = dict(zip(("value", "low", "high"), one.difference, strict=True))
    if one.code is not None:
        return points(found)
    scaled = {end: value * feature["std"] for end, value in found.items()}
    size = abs(scaled["high"] - scaled["low"])
    digits = 0 if size >= 20 else 1 if size >= 2 else 2 if size >= 0.2 else 3
    return interval(scaled, " days" if feature.get("date") else "", digits=digits, sign=True)


def effect(one: Contrast) -> str:
    return interval(dict(zip(("value", "low", "high"), one.effect, strict=True)), sign=True)


def firm(found: Sequence[Contrast]) -> list[Contrast]:
    """Those whose adjusted p is below ALPHA."""
    return [one for one in found if one.p_holm is not None and one.p_holm < ALPHA]


def sentence(found: Sequence[Contrast], described: Sequence[dict[str, Any]], count: int, rest: int) -> str:
    """What tells the selection from the rest."""
    if min(count, rest) < FEWEST:
        return f"Too few to compare: {count:,} rows are selected and {rest:,} are not; {FEWEST} of each are needed."
    sure = firm(found)
    if not sure:
        return "No column differs provably between the selection and the rest of the map."
    told = [
        f"{called(one, described[one.place])} ({side(one.inside, one, described[one.place])} against "
        f"{side(one.outside, one, described[one.place])})"
        for one in sure[:3]
    ]
    more = len(sure) - len(told)
    tail = f"; {more:,} further {'line differs' if more == 1 else 'lines differ'} too" if more else ""
    return f"The selection differs most in {', '.join(told)}{tail}."


def rows(found: Sequence[Contrast], described: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """One line a column, the largest effect first."""
    return [
        {
            "Column": feature["name"],
            "Value": value_of(one, feature) or "mean",
            "Selected": side(one.inside, one, feature),
            "Rest": side(one.outside, one, feature),
            "Difference, 95 % interval": difference(one, feature),
            "Effect (standard deviations), 95 % interval": effect(one),
            "p (Holm)": p_value(one.p_holm),
        }
        for one in found
        for feature in [described[one.place]]
    ]


def size(one: Contrast) -> str:
    """Over a panel: "+0.83 SD"."""
    return f"{decimal(one.effect[0], sign=True)} SD"
