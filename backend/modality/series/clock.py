"""When each reading was taken, as a number in one unit of time, and the grid that readings are put on."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...data.source import no_column
from ...workspace.layout import BadInput
from ..table import kinds, words
from ..table.kinds import Column
from ..table.reading import Read
from .seconds import SECONDS

ZONE = r"(Z|UTC|[+-][0-9]{2}:?[0-9]{2})$"
CALLED = ("t", "cycle", "step", "position", "second", "minute", "hour", "day", "week")  # of columns that say when
USUAL = 0.9  # share of the units that are sampled at least as often as a step
APART = 1.5  # units whose usual intervals differ by this factor are told of


@dataclass(frozen=True)
class Clock:
    """times: float64, of each row; column: that says them, None for the order of rows; kind: "stamp" (since 1970),
    "number" or "place"; unit: of time, None where nobody says it."""

    times: np.ndarray
    column: str | None
    kind: str
    unit: str | None
    said: Sequence[str] = ()


def clock(read: Read, column: str | None, unit: str | None, code: np.ndarray, taken: Sequence[str | None]) -> Clock:
    """column: that was asked for or that the source declares; unit: that was asked for; code: the unit of each row;
    taken: columns that say something else. Raises BadInput for rows without a time, mixed zones and unknown units."""
    name = column or _guessed(read, taken)
    if name is None:
        place = np.zeros(len(code))
        order = np.argsort(code, kind="stable")
        begins = np.concatenate([[0], np.flatnonzero(np.diff(code[order])) + 1])
        place[order] = np.arange(len(code)) - np.repeat(begins, np.diff([*begins, len(code)]))
        return Clock(place, None, "place", unit, ["No column says when: readings are taken to lie one step apart."])
    if name not in read.spool.fields:
        raise no_column(name, "time_column", read.name, read.spool.fields)
    where = f"time_column {name!r} of {read.name}"
    one = next(one for one in read.columns if one.name == name)
    _check_zones(read, name, where)
    values = read.typed(one)
    if not pa.types.is_timestamp(values.type):
        values = _numbers(read, one, where)
    if values.null_count:
        row = int(np.flatnonzero(values.is_null().to_numpy())[0])
        raise BadInput(f"{where}: expected a time in every row, found none in {values.null_count:,}, the first is "
                       f"{read.where(row)}")  # fmt: skip
    said = [] if column else [f"{name} is taken for the time."]
    if pa.types.is_timestamp(values.type):
        micro = pc.cast(values, pa.int64()).to_numpy()
        if unit is not None and unit not in SECONDS:
            raise BadInput(f"unit: expected one of {', '.join(SECONDS)} with time stamps, found {unit!r}")
        return Clock(micro, name, "stamp", unit, said)
    return Clock(values.to_numpy().astype(np.float64), name, "number", unit, said)


def _numbers(read: Read, one: Column, where: str) -> pa.ChunkedArray:
    """float64, whatever the type of the column was taken for. Raises BadInput for words."""
    there = kinds.present(read.spool.column(one.name), read.known)
    if not kinds.is_text(there.type):
        return pc.cast(there, pa.float64(), safe=False)
    values = kinds.typed(there, Column(one.name, "number", "", one.how))
    stray = there.filter(pc.and_(pc.is_valid(there), pc.is_null(values)))
    if len(stray):
        raise BadInput(f"{where}: expected numbers or time stamps of one form, found {stray[0].as_py()[:60]!r}")
    return values


def in_unit(found: Clock, order: np.ndarray, begins: np.ndarray) -> Clock:
    """A clock of time stamps counted in its unit, or in the one that suits the usual interval between readings.

    order: rows by unit and time; begins: where each unit begins there."""
    if found.kind != "stamp":
        return found
    unit = found.unit
    if unit is None:
        apart = usual(found.times[order].astype(np.float64), begins) / 1e6
        unit = next((one for one in ("days", "hours", "minutes", "seconds") if apart >= SECONDS[one]), "seconds")
    return Clock(found.times / (SECONDS[unit] * 1e6), found.column, found.kind, unit, found.said)


def usual(times: np.ndarray, begins: np.ndarray) -> float:
    """The interval that most units keep or go below: the `USUAL` quantile of the units' median intervals; 1 where no
    unit has two times. times: float64, ascending within each unit; begins: U + 1 places."""
    found = intervals(times, begins)
    return float(np.quantile(found, USUAL, method="lower")) if len(found) else 1.0


def intervals(times: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """The median interval between different times, of each unit that has two."""
    found = []
    for first, end in itertools.pairwise(begins):
        apart = np.diff(times[first:end])
        if len(apart := apart[apart > 0]):
            found.append(np.median(apart))
    return np.array(found)


def _guessed(read: Read, taken: Sequence[str | None]) -> str | None:
    """The only column of dates, or the first that is called like a time."""
    free = [one for one in read.columns if one.name not in taken]
    dates = [one.name for one in free if one.type == "date"]
    if len(dates) == 1:
        return dates[0]
    named = [one.name for one in free if one.type in ("date", "number", "identifier") and _called_time(one.name)]
    return named[0] if named else None


def _called_time(name: str) -> bool:
    return words.names_a_time(name) or name.lower().removesuffix("s") in CALLED


def _check_zones(read: Read, name: str, where: str) -> None:
    """Raises BadInput where some stamps name a zone and others none: they cannot be put in one order."""
    values = read.spool.column(name)
    if not kinds.is_text(values.type):
        return
    values = kinds.present(values, read.known).drop_null()
    zoned = pc.match_substring_regex(pc.utf8_trim_whitespace(values), r"[0-9][T ]+[0-9].*" + ZONE)
    n = pc.sum(zoned).as_py() or 0
    if 0 < n < len(values):
        first = int(np.flatnonzero(~zoned.to_numpy())[0]) if not isinstance(zoned, pa.Array) else 0
        raise BadInput(f"{where}: expected a zone in every time stamp or in none, found {n:,} with one and "
                       f"{len(values) - n:,} without, the first is {values[first].as_py()!r}")  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """Readings on a grid of time, by unit and time; several rows in one step of a unit are one reading.

    order: int64 N, rows of the source by unit and time; first: int64 R, where in `order` each reading begins; unit,
    at: int64 R, its unit and its step since the unit's first; time: float64 R, of its last row; begins: int64 U + 1,
    where the readings of each unit begin; step: length of one. counts: what the sheet says.
    """

    order: np.ndarray
    first: np.ndarray
    unit: np.ndarray
    at: np.ndarray
    time: np.ndarray
    begins: np.ndarray
    step: float
    counts: dict[str, float] = field(default_factory=dict)

    @property
    def last_row(self) -> np.ndarray:
        """int64 R: the row of the source that each reading ends with."""
        return self.order[np.append(self.first[1:], len(self.order)) - 1]


def ordered(code: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """(rows by unit and time, U + 1 places where each unit begins there, rows whose time went back in the source)"""
    place = np.argsort(code, kind="stable")
    back = int(((np.diff(times[place]) < 0) & (np.diff(code[place]) == 0)).sum())
    order = place if not back else place[np.lexsort((times[place], code[place]))]
    count = int(code.max(initial=-1)) + 1
    return order, np.searchsorted(code[order], np.arange(count + 1)), back


def gridded(code: np.ndarray, found: Clock, order: np.ndarray, rows: np.ndarray, step: float | None, back: int) -> Grid:
    """rows: U + 1 places in `order` where each unit begins; step: that was asked for."""
    times, units = found.times[order].astype(np.float64), code[order]
    own = intervals(times, rows)
    used = step or usual(times, rows)
    at = np.rint((times - times[rows[:-1]][units]) / used).astype(np.int64)
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(units) != 0) | (np.diff(at) != 0)
    first = np.flatnonzero(new)
    same = int(((np.diff(times) == 0) & (np.diff(units) == 0)).sum())
    last = np.append(first[1:], len(order)) - 1
    unit, at = units[first], at[first]
    begins = np.searchsorted(unit, np.arange(len(rows)))
    apart = np.diff(at)[np.diff(unit) == 0]
    counts = {
        "back": back,
        "same_time": same,
        "merged": len(order) - len(first),
        "gaps": int((apart > 1).sum()),
        "longest_gap": float(apart.max(initial=1)) * used,
        "least_interval": float(own.min()) if len(own) else None,
        "most_interval": float(own.max()) if len(own) else None,
    }
    return Grid(order, first, unit, at, times[last], begins, float(used), counts)
