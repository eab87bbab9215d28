"""New readings as the windows that a model takes, put on the grid and standardised as those of the training were. It
leaves with a model (backend/leaving), so it reads without Arrow and pandas.
"""

from __future__ import annotations

import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....data.conventions import dialect
from ....data.conventions.told import Told
from ....modality.series.seconds import SECONDS
from ....modality.table import dates, numbers
from ....workspace.layout import BadInput

TOGETHER = 256  # windows
BIGGEST = float(np.finfo(np.float32).max)


def read(paths: Sequence[Path], told: dict[str, Any], folder: Path) -> Iterator[tuple[list[str], tuple[Tensor, ...]]]:
    """(names, float32 n x C x L) of windows, some at a time: of each unit every `stride` steps up to its last reading.
    A window is called by its unit and the time at its end, a time stamp to the second ("M7 at 2024-03-01T05:00:00").

    told: unit (column or None: each file is one), time {column, kind, unit, how}, channels [{name, mean, std, how}],
    length, stride, step; missing: words that a person said are missing; header: whether files have one. A value that is
    no number counts as missing and is told of on stderr. Raises BadInput for a file that lacks one of the columns.
    """
    for path in paths:
        lost: Counter[tuple[str, str]] = Counter()
        for unit, times, values in _units(path, told, lost):
            found = list(_windows(times, values, told))
            for start in range(0, len(found), TOGETHER):
                part = found[start : start + TOGETHER]
                names = [f"{unit} at {_said(time, told['time'])}" for time, _ in part]
                yield names, (torch.from_numpy(np.stack([window for _, window in part])),)
        for (column, value), count in lost.most_common(3):
            print(f"{path}: column {column!r}: {value!r} counts as missing in {count:,} rows", file=sys.stderr)


def _said(time: float, told: dict[str, Any]) -> str:
    """The time at a window's end as a person reads it: the stamp, or the number in full."""
    if told["kind"] != "stamp":
        return f"{time:.12g}"
    return str(np.datetime64(round(time * SECONDS[told["unit"]]), "s"))


def _units(
    path: Path, told: dict[str, Any], lost: Counter[tuple[str, str]]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """(unit, times, values readings x C) in the order of time; units in the order in which they come."""
    held: dict[str, list[tuple[float, list[float]]]] = defaultdict(list)
    for place, (unit, time, values) in enumerate(_rows(path, told, lost)):
        held[unit].append((float(place) if time is None else time, values))
    for unit, rows in held.items():
        times, values = np.array([time for time, _ in rows]), np.array([row for _, row in rows])
        if told["time"]["kind"] == "place":
            times = np.arange(len(times), dtype=float)
        order = np.argsort(times, kind="stable")
        yield unit, times[order], values[order]


def _windows(times: np.ndarray, values: np.ndarray, told: dict[str, Any]) -> Iterator[tuple[float, np.ndarray]]:
    """(time at its end, float32 C x L) of each window, as backend/modality/series/windows.py cuts them."""
    length, at = told["length"], np.rint((times - times[0]) / told["step"]).astype(np.int64)
    first = np.concatenate([[True], np.diff(at) != 0])
    begins = np.flatnonzero(first)
    there = ~np.isnan(values)
    count = np.add.reduceat(there, begins, axis=0, dtype=np.int64)
    total = np.add.reduceat(np.where(there, values, 0.0), begins, axis=0)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    last, at = times[np.append(begins[1:], len(times)) - 1], at[begins]
    level, spread = (np.array([one[key] for one in told["channels"]]) for key in ("mean", "std"))
    known = np.clip((mean - level) / spread, -BIGGEST, BIGGEST).astype(np.float32)
    wanted = np.arange(at[-1], length - 2, -told["stride"])
    ends = np.unique(np.searchsorted(at, wanted, side="right") - 1)
    ends = ends[at[ends] >= length - 1] if len(ends) else ends
    for end in ends if len(ends) else [len(at) - 1]:
        inside = slice(int(np.searchsorted(at, at[end] - length + 1)), end + 1)
        window = np.full((known.shape[1], length), np.nan, dtype=np.float32)
        window[:, at[inside] - at[end] + length - 1] = known[inside].T
        yield float(last[end]), window


def _rows(
    path: Path, told: dict[str, Any], lost: Counter[tuple[str, str]]
) -> Iterator[tuple[str, float | None, list[float]]]:
    """(unit, time, values) of each row; no time where readings have none."""
    name, time = path.name, told["time"]
    style = dialect.sniff(path, Told(header=told["header"]), name)
    found = dialect.records(path, style, name)
    first = next(found, (0, []))
    names = dialect.column_names(first[1], style.header, name)
    wanted = [column for column in (told["unit"], time["column"]) if column] + [one["name"] for one in told["channels"]]
    if lacking := [one for one in wanted if one not in names]:
        listed = ", ".join(map(repr, lacking[:5]))
        raise BadInput(f"{name}: expected the columns of the training, found none called {listed}")
    places = {one: names.index(one) for one in wanted}
    gone = {"", "nan", "na", "null", "none", *(word.lower() for word in told["missing"] or ())}
    forms = [numbers.Form(**one["how"].get("form", {})) for one in told["channels"]]
    for line, row in found if style.header else _again(first, found):
        if style.header and row == first[1] and len(row) > 1:  # a file that was joined from several
            continue
        if len(row) != len(names):
            raise BadInput(f"{name}: line {line:,}: expected {len(names)} columns in every row, found {len(row)}")
        values = []
        for one, form in zip(told["channels"], forms, strict=True):
            text = unicodedata.normalize("NFC", row[places[one["name"]]]).strip()
            value = None if text.lower() in gone else numbers.one(text, form)
            if value is None and text.lower() not in gone:
                lost[one["name"], text[:40]] += 1
            values.append(np.nan if value is None or not np.isfinite(value) else value)
        unit = row[places[told["unit"]]].strip() if told["unit"] else path.stem
        when = None if time["column"] is None else _time(row[places[time["column"]]].strip(), time)
        if time["column"] is not None and when is None:
            raise BadInput(f"{name}: line {line:,}: expected a time in {time['column']!r}, found "
                           f"{row[places[time['column']]][:40]!r}")  # fmt: skip
        yield unit, when, values


def _again(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _time(text: str, told: dict[str, Any]) -> float | None:
    """In the unit of time of the training."""
    how = told["how"]
    if told["kind"] == "number":
        return numbers.one(text, numbers.Form(**how.get("form", {})))
    if how.get("compact") and len(text) == 8 and text.isdecimal():
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    found = dates.one(text, how.get("form", "iso"))
    return None if found is None else found / (SECONDS[told["unit"]] * 1e6)
