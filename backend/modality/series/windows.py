"""Windows of a unit's readings: where each ends, which readings lie in it, and what it may be used for."""

from __future__ import annotations

import numpy as np

from .clock import Grid

MOST = 100_000  # windows of a data set, where nobody says a stride
USUAL = 32  # steps of a window, where nobody says a length


def length(grid: Grid, asked: int | None, whole: bool) -> int:
    """Steps of a window. whole: each unit is one example from its first reading to its last."""
    if asked is not None:
        return asked
    lives = grid.at[grid.begins[1:] - 1] + 1
    return max(2, int(lives.max())) if whole else max(2, min(USUAL, int(np.median(lives))))


def stride(grid: Grid, steps: int, asked: int | None) -> int:
    """Steps between two windows of a unit: 1, more where that would be more than `MOST` windows."""
    if asked is not None:
        return asked
    whole = np.maximum(1, grid.at[grid.begins[1:] - 1] + 2 - steps).sum()
    return max(1, int(np.ceil(whole / MOST)))


def cut(grid: Grid, steps: int, apart: int) -> np.ndarray:
    """int64 N x 4: first reading, one behind the last, unit, grid step of the end; units in their order, then time.

    Windows end at the unit's last reading and every `apart` steps before it (at the reading there or the one before),
    down to the first that a whole window fits behind; a unit that is shorter has the last one alone.
    """
    found = []
    for unit, (begin, end) in enumerate(zip(grid.begins[:-1], grid.begins[1:], strict=True)):
        at = grid.at[begin:end]
        ends = np.unique(np.searchsorted(at, np.arange(at[-1], steps - 2, -apart), side="right") - 1)
        ends = ends[at[ends] >= steps - 1] if len(ends) else ends
        ends = ends if len(ends) else np.array([len(at) - 1])
        first = np.searchsorted(at, at[ends] - steps + 1)
        found.append(np.stack([begin + first, begin + ends + 1, np.full(len(ends), unit), at[ends]], axis=1))
    return np.concatenate(found).astype(np.int64)


def undivided(windows: np.ndarray, part: np.ndarray) -> np.ndarray:
    """bool N: windows all of whose readings are of one split. part: int64 R, the split of each reading."""
    changes = np.concatenate([[0], np.cumsum(np.diff(part) != 0)])
    return changes[windows[:, 0]] == changes[windows[:, 1] - 1]


def followed(windows: np.ndarray, grid: Grid, seed: int, steps: int, ended: np.ndarray) -> np.ndarray:
    """bool N: windows that end before the age up to which pretraining follows their unit.

    Of units whose event was seen (ended: bool U) that age is drawn, at random between a window's length and their whole
    life: whoever has no label yet has not seen the failure either (arXiv 2108.08721). Others are followed to their end.
    """
    lives = grid.at[grid.begins[1:] - 1]
    drawn = np.random.default_rng([seed, 0x11FE]).random(len(lives))
    least = np.minimum(steps - 1, lives)
    until = np.where(ended, least + drawn * (lives - least), lives)
    return windows[:, 3] <= until[windows[:, 2]]
