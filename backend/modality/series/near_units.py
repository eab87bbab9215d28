"""Units that are nearly the same: copies with a little noise, or rounded differently, under another name."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from ...data.dataset import SPLITS
from .channels import Readings
from .clock import Grid

MOST = 3_000  # units that are all held against each other
PAIRS = 2_000  # of the likest, whose readings are compared
ALIKE = 0.1  # how far the means of two units may lie apart, in standard deviations of the channels
QUARTERS = 4  # of a life, whose means are compared
NEAR = 0.05  # how far their readings may, root mean square
LENGTHS = 0.02  # by which share of their readings they may differ in number


def near(held: Readings, told: list[dict[str, Any]], grid: Grid, digests: np.ndarray) -> tuple[np.ndarray, bool]:
    """(int64 P x 2, pairs of units, the lower number first; whether all that there are were looked for). told: of the
    channels, with their deviations; digests: of each unit: those of one digest are the same, and no near pair."""
    places = [place for place, one in enumerate(told) if one["std"]]
    spread = np.array([told[place]["std"] for place in places])
    units = len(digests)
    if units > MOST:
        return np.empty((0, 2), dtype=np.int64), False
    means = np.concatenate([_means(held.values[place], grid) / told[place]["std"] for place in places], axis=1)
    pairs = _candidates(means, np.diff(grid.begins), digests)
    kept = [pair for pair in pairs[:PAIRS] if _distance(held, places, spread, grid, *pair) < NEAR]
    return np.array(kept, dtype=np.int64).reshape(-1, 2), len(pairs) <= PAIRS


def across(pairs: np.ndarray, unit: np.ndarray, parts: np.ndarray) -> list[dict[str, Any]]:
    """[{"splits": [a, b], "count": windows of b whose unit is nearly one of a}]; unit, parts: of each window."""
    of = {split: set(np.unique(unit[parts == split]).tolist()) for split in SPLITS}
    found = []
    for first, second in combinations(SPLITS, 2):
        told = {b for a, b in pairs.tolist() if a in of[first]} | {a for a, b in pairs.tolist() if b in of[first]}
        count = int(np.isin(unit[parts == second], sorted(told & of[second] - of[first])).sum())
        found += [{"splits": [first, second], "count": count}] if count else []
    return found


def _means(values: np.ndarray, grid: Grid) -> np.ndarray:
    """float64 U x QUARTERS: the mean of each part of a unit's readings, 0 where none is there."""
    begins, counts = grid.begins[:-1], np.diff(grid.begins)
    starts = (begins[:, None] + counts[:, None] * np.arange(QUARTERS) // QUARTERS).ravel()
    there = ~np.isnan(values)
    count = np.add.reduceat(there, starts, dtype=np.int64)
    return (np.add.reduceat(np.where(there, values, 0.0), starts) / np.maximum(count, 1)).reshape(-1, QUARTERS)


def _candidates(means: np.ndarray, counts: np.ndarray, digests: np.ndarray) -> np.ndarray:
    """int64 P x 2: pairs of units whose means are alike, of about as many readings, the likest first."""
    found, distances = [], []
    for unit in range(len(means) - 1):
        apart = np.abs(means[unit + 1 :] - means[unit]).max(axis=1)
        fits = (apart < ALIKE) & (digests[unit + 1 :] != digests[unit])
        fits &= np.abs(counts[unit + 1 :] - counts[unit]) <= np.maximum(1, LENGTHS * counts[unit])
        other = np.flatnonzero(fits)
        found.append(np.stack([np.full(len(other), unit), unit + 1 + other], axis=1))
        distances.append(apart[other])
    if not found:
        return np.empty((0, 2), dtype=np.int64)
    return np.concatenate(found)[np.argsort(np.concatenate(distances), kind="stable")]


def _distance(held: Readings, places: list[int], spread: np.ndarray, grid: Grid, one: int, other: int) -> float:
    """Root mean square of the differences at the same steps, in standard deviations; inf where too few are shared."""
    sides = [slice(grid.begins[unit], grid.begins[unit + 1]) for unit in (one, other)]
    _, first, second = np.intersect1d(grid.at[sides[0]], grid.at[sides[1]], return_indices=True)
    if len(first) < (1 - 2 * LENGTHS) * min(len(grid.at[side]) for side in sides):
        return np.inf
    apart = held.values[places, sides[0]][:, first] - held.values[places, sides[1]][:, second]
    known = np.isfinite(apart)
    return float(np.sqrt(np.square(apart / spread[:, None])[known].mean())) if known.any() else np.inf
