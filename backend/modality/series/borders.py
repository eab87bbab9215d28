"""Splits that the source gives or that time draws, reading by reading: no window lies on both sides of a border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data import columns, split
from ...data.conventions import splits
from ...data.dataset import SPLITS
from ...data.spec import Spec
from ...workspace.layout import BadInput
from ..table.reading import Read
from .answers import at
from .clock import Clock, Grid

SPLIT = "split"
NAMES = (*SPLITS, splits.UNLABELLED)


@dataclass(frozen=True)
class Given:
    """part: int64 R, the place in NAMES of each reading; border: where val and test begin, of a split in the order of
    time, else None."""

    part: np.ndarray
    border: tuple[float, float] | None = None


def given(read: Read, asked: Spec, grid: Grid, clock: Clock) -> Given | None:
    """None where the splits are made unit by unit. Raises BadInput."""
    if asked.split_time is not None:
        if clock.column != asked.split_time:
            raise BadInput(
                f"split_time: expected the time of the readings, {clock.column!r}, found {asked.split_time!r}"
            )
        parts, _ = split.by_time(grid.time, [], f"split_time {asked.split_time!r} of {read.name}")
        code = np.select([parts == name for name in SPLITS], range(len(SPLITS)))
        return Given(code, (float(grid.time[code == 1].min()), float(grid.time[code == 2].min())))
    column = None if asked.split_column is False else asked.split_column or read.split
    if column is None:
        return None
    rows = grid.last_row
    values = at(read, column, rows, "split_column")
    parts, unlabelled = columns.splits(values, f"split {column!r}", lambda row: read.where(int(rows[row])))
    code = np.select([parts == name for name in SPLITS], range(len(SPLITS)))
    return Given(np.where(unlabelled, NAMES.index(splits.UNLABELLED), code))


def inside(found: Given, ends: np.ndarray, part: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """bool N: windows whose target is known before the border of their split. ends: float64 N, part: of each window;
    reach: float64 N, how far behind its end a window's target looks (NaN: not at all)."""
    limits = np.array([*found.border, np.inf, np.inf])[part]
    return ends + np.nan_to_num(reach) < limits


def readings(parts: np.ndarray, windows: np.ndarray, count: int, name: str) -> np.ndarray:
    """bool R: readings that lie in a window of this split and in none of another."""
    mine = parts == name
    return _covered(windows[mine], count) & ~_covered(windows[~mine], count)


def _covered(windows: np.ndarray, count: int) -> np.ndarray:
    change = np.zeros(count + 1, dtype=np.int64)
    np.add.at(change, windows[:, 0], 1)
    np.add.at(change, windows[:, 1], -1)
    return change[:-1].cumsum() > 0
