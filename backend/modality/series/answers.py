"""What each window is asked for: a column at its end, its value later on, or the time until the unit's event."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...data.conventions.schema import frame
from ...data.spec import Spec
from ...workspace.layout import BadInput
from ..table import kinds
from ..table.reading import Read
from .clock import Grid

LIFE = "time until the end"  # the label where no column is one
SEEN = "event seen"  # whether it was, of a label that is made here


@dataclass(frozen=True)
class Asked:
    """columns: {name: N values} beside those of the source; spec: what they mean; ended: bool U, units whose event was
    seen; taken: columns of the source that say what is asked for, and so are no channels; life: whether the label is
    time until an event; said: notes for the sheet."""

    columns: dict[str, pd.Series]
    spec: Spec
    ended: np.ndarray
    taken: tuple[str, ...]
    life: bool
    said: tuple[str, ...] = ()


def asked(read: Read, spec: Spec, label: str | None, grid: Grid, windows: np.ndarray) -> Asked:
    """label: the column that is predicted, None for none. Raises BadInput."""
    units = len(grid.begins) - 1
    nobody = np.zeros(units, dtype=bool)
    ends = grid.last_row[windows[:, 1] - 1]
    if label is None and spec.target == "class":
        return Asked({}, spec, nobody, (), False)
    if label is None:
        return _to_the_end(read, spec, grid, windows)
    if spec.target == "class":
        return Asked({label: _constant(at(read, label, ends, "label"), read, label, grid, windows)}, spec, nobody,
                     (label,), False)  # fmt: skip
    values = numbers(read, label, "label")
    if spec.target == "event" and set(np.unique(values[np.isfinite(values)])) <= {0.0, 1.0}:
        if _of_units(values, grid):
            return _to_the_end(read, spec.model_copy(update={"observed": label}), grid, windows)
        return _until_flag(values, spec, label, grid, windows)
    if spec.ahead is not None:
        return Asked({label: _later(values, spec, grid, windows)}, replace_label(spec, label), nobody, (), False)
    life = spec.target == "event" or _counts_down(values, grid)
    seen = np.ones(units, dtype=bool)
    columns = {label: pd.Series(_capped(values[ends], spec))}
    if spec.observed is not None:
        columns[spec.observed] = at(read, spec.observed, ends, "observed")
        seen = _seen(read, spec.observed, grid)
    taken = (label, spec.observed) if spec.observed else (label,)
    return Asked(columns, replace_label(spec, label), seen if life else nobody, taken, life)


def replace_label(spec: Spec, label: str, **more: object) -> Spec:
    return spec.model_copy(update={"label": label, **more})


def at(read: Read, name: str, rows: np.ndarray, what: str) -> pd.Series:
    """A column of the source at these rows, as it is written (`Columns.column`)."""
    field = read.spool.fields.get(name)
    if field is None:
        return read.column(name, what)  # which says what there is
    one = next(one for one in read.columns if one.name == name)
    values = read.typed(one) if one.type == "number" and one.how else read.spool.column(name)
    values = kinds.present(values, read.known) if kinds.is_text(values.type) else values
    return frame(pa.table({name: values.take(pa.array(rows))}))[name]


def numbers(read: Read, name: str, what: str) -> np.ndarray:
    """float64 N: a column of numbers, NaN where missing. Raises BadInput."""
    if name not in read.spool.fields:
        return read.column(name, what)
    one = next(one for one in read.columns if one.name == name)
    if one.type not in ("number", "yes/no", "identifier", "constant"):
        raise BadInput(f"{what} {name!r} of {read.name}: expected numbers, found {one.type} ({one.why})")
    values = kinds.present(read.spool.column(name), read.known)
    if kinds.is_text(values.type):
        values = kinds.typed(values, replace(one, type="number"))
    return pc.cast(values, pa.float64(), safe=False).to_numpy()


def _to_the_end(read: Read, spec: Spec, grid: Grid, windows: np.ndarray) -> Asked:
    """The unit's last reading is its event; where `observed` says that it was not, only that it did not come before."""
    seen = np.ones(len(grid.begins) - 1, dtype=bool)
    if spec.observed is not None:
        seen = _seen(read, spec.observed, grid)
    end, unit = grid.time[grid.begins[1:] - 1], windows[:, 2]
    left = _capped(end[unit] - grid.time[windows[:, 1] - 1], spec)
    if spec.target == "number":
        left = np.where(seen[unit], left, np.nan)
    said = f"The last reading of a unit counts as its event: {int(seen.sum()):,} units end in it"
    said += f", {int((~seen).sum()):,} were followed up to there alone." if (~seen).any() else "."
    columns = {LIFE: pd.Series(left)}
    told = replace_label(spec, LIFE, observed=SEEN if spec.target == "event" else None)
    if spec.target == "event":
        columns[SEEN] = pd.Series(seen[unit].astype(np.int64))
    return Asked(columns, told, seen, (spec.observed,) if spec.observed else (), True, (said,))


def _until_flag(values: np.ndarray, spec: Spec, label: str, grid: Grid, windows: np.ndarray) -> Asked:
    """A column that is 1 at readings at which the event happens: the time until the next one in the unit; behind the
    last one the unit was followed to its end without it."""
    count = len(grid.time)
    flag = np.zeros(count, dtype=bool)
    reading = np.repeat(np.arange(count), np.diff(np.append(grid.first, len(grid.order))))
    np.logical_or.at(flag, reading, values[grid.order] == 1)
    place = np.where(flag, np.arange(count), count)
    following = np.minimum.accumulate(place[::-1])[::-1]
    end, stop = windows[:, 1] - 1, grid.begins[1:][windows[:, 2]]
    seen = following[end] < stop
    then = grid.time[np.where(seen, following[end], stop - 1)]
    left, name = then - grid.time[end], f"time until {label}"
    columns = {name: pd.Series(left), SEEN: pd.Series(seen.astype(np.int64))}
    ended = np.zeros(len(grid.begins) - 1, dtype=bool)
    np.logical_or.at(ended, grid.unit, flag)
    said = f"{label} is read as 1 at the readings at which the event happens: {int(flag.sum()):,} of {count:,}."
    return Asked(columns, replace_label(spec, name, observed=SEEN), ended, (label,), True, (said,))


def _later(values: np.ndarray, spec: Spec, grid: Grid, windows: np.ndarray) -> pd.Series:
    """The value so much later, NaN where there is no reading then."""
    steps = max(1, round(spec.ahead / grid.step))
    end, unit = windows[:, 1] - 1, windows[:, 2]
    span = int(grid.at.max(initial=0)) + steps + 1
    key = grid.unit * span + grid.at
    wanted = unit * span + grid.at[end] + steps
    found = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return pd.Series(np.where(key[found] == wanted, _capped(values[grid.last_row[found]], spec), np.nan))


def _constant(values: pd.Series, read: Read, label: str, grid: Grid, windows: np.ndarray) -> pd.Series:
    """A class at the window's end; one that stands in some rows of a unit alone, and is the same in all of them, is the
    unit's."""
    if not values.isna().any():
        return values
    every = at(read, label, grid.last_row, "label")
    told = pd.DataFrame({"unit": grid.unit, "value": every}).dropna().groupby("unit")["value"].agg(["nunique", "first"])
    alone = told.loc[told["nunique"] == 1, "first"]
    return values.where(values.notna(), pd.Series(windows[:, 2]).map(alone))


def _counts_down(values: np.ndarray, grid: Grid) -> bool:
    """Whether a number falls by as much as time passes in every unit: then it is time until an event."""
    own, inside = values[grid.last_row], np.diff(grid.unit) == 0
    fall, passed = -np.diff(own)[inside], np.diff(grid.time)[inside]
    known = np.isfinite(fall)
    return bool(known.any()) and bool(np.allclose(fall[known], passed[known], rtol=1e-3, atol=1e-6))


def _seen(read: Read, name: str, grid: Grid) -> np.ndarray:
    """bool U: whether a column is 1 at a unit's last reading. Raises BadInput for other values than 0 and 1."""
    values = numbers(read, name, "observed")[grid.last_row[grid.begins[1:] - 1]]
    if (stray := ~np.isin(values, (0.0, 1.0)) & np.isfinite(values)).any():
        raise BadInput(f"observed {name!r} of {read.name}: expected 0 or 1, found {values[stray][0]:g}")
    return values == 1


def _of_units(values: np.ndarray, grid: Grid) -> bool:
    """Whether a column of 0 and 1 says the same in all rows of each unit, and not in all units: then it is whether the
    unit ended in the event, and not when it came."""
    rows = values[grid.order]
    unit = np.repeat(grid.unit, np.diff(np.append(grid.first, len(rows))))
    same = bool(((rows[1:] == rows[:-1]) | (unit[1:] != unit[:-1])).all())
    return same and len(np.unique(rows)) == 2


def _capped(values: np.ndarray, spec: Spec) -> np.ndarray:
    return values if spec.cap is None else np.minimum(values, spec.cap)
