"""How much did a point's neighbourhood change between two encoders? No map is needed, and none can mislead.

The Jaccard index of a point's k nearest neighbours under one encoder and under the other: 1, the same ones; 0, none.
Means over all points, classes and groups come with percentile bootstrap intervals over independent rows or groups of
rows (a person, a lesion); every mean shares the same resamples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

RESAMPLES = 500
ENOUGH = 30  # independent rows or groups; fewer are too few to say
DRAWN = 8_000_000  # resampled units held at once: 64 MB
BLOCK = 2_000  # points whose neighbours' features are held at once: 31 MB at 15 of 256 numbers
DIGITS = 6  # of a mean cosine; float32 rounds the rest


@dataclass(frozen=True)
class Means:
    """value, low, high: float64 C, NaN where a category has no points; points, units: int C."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    points: np.ndarray
    units: np.ndarray


def jaccard(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """float32 N: shared neighbours over all neighbours of the two lists (int N x k each)."""
    shared = (first[:, :, None] == second[:, None, :]).any(axis=2).sum(axis=1)
    return (shared / (first.shape[1] + second.shape[1] - shared)).astype(np.float32)


def closeness(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """float32 N: mean cosine of each point to the points that another encoder holds for its neighbours.

    vectors: float32 N x d of unit length, this encoder's; others: int N x k, the other's.
    """
    found = np.empty(len(others), dtype=np.float32)
    for start in range(0, len(others), BLOCK):
        here = slice(start, start + BLOCK)
        found[here] = np.einsum("nkd,nd->n", vectors[others[here]], vectors[here], optimize=True) / others.shape[1]
    return found


def ranked(same: np.ndarray, cosine: np.ndarray | None, seed: int = 0) -> np.ndarray:
    """int64 N: the points, the most changed first.

    By `same`, their Jaccard index, which has few values and is 0 for most points of two encoders that differ; equal
    ones by `cosine`, their closeness (N, or None where it is not known), the lowest first; what is equal up to float32
    rounding in that too, at random by `seed`: the order of the rows in their file is no measure of change.
    """
    close = np.zeros(len(same)) if cosine is None else np.round(cosine, DIGITS)
    return np.lexsort((np.random.default_rng(seed).permutation(len(same)), close, same))


def by_chance(points: int, k: int) -> float:
    """About what two encoders share that have nothing to do with each other: k drawn twice from the other points."""
    shared = k * k / max(1, points - 1)
    return float(shared / (2 * k - shared))


def means(values: np.ndarray, codes: np.ndarray, count: int, units: np.ndarray | None = None, seed: int = 0) -> Means:
    """Mean of `values` (N) in each of `count` categories, with its interval.

    codes: int A x N, the category of every point under each of A ways to divide them, -1 for none; units: N labels of
    what is resampled, the points themselves by default.
    """
    unit = np.arange(len(values)) if units is None else np.unique(units, return_inverse=True)[1]
    n_units = int(unit.max()) + 1
    where = codes >= 0
    at = codes[where], np.broadcast_to(unit, codes.shape)[where]
    shape = (count, n_units)
    sums = csr_matrix((np.broadcast_to(values, codes.shape)[where].astype(np.float64), at), shape=shape)
    counts = csr_matrix((np.ones(len(at[0])), at), shape=shape)
    points = np.asarray(counts.sum(axis=1)).ravel()
    with np.errstate(invalid="ignore"):
        value = np.asarray(sums.sum(axis=1)).ravel() / points
        low, high = _interval(sums, counts, np.random.default_rng(seed))
    return Means(value, low, high, points.astype(int), np.diff(counts.indptr))


def _interval(sums: csr_matrix, counts: csr_matrix, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    categories, n_units = sums.shape
    chunk, resampled = max(1, DRAWN // n_units), []
    for start in range(0, RESAMPLES, chunk):
        width = min(chunk, RESAMPLES - start)
        drawn = rng.integers(0, n_units, (n_units, width)) * width + np.arange(width)
        weights = np.bincount(drawn.ravel(), minlength=n_units * width).reshape(n_units, width).astype(np.float64)
        resampled.append((sums @ weights) / (counts @ weights))  # a category that a resample lacks is NaN there
    samples = np.concatenate(resampled, axis=1)
    known = np.isfinite(samples).any(axis=1)
    low, high = np.full((2, categories), np.nan)
    low[known], high[known] = np.nanquantile(samples[known], [0.025, 0.975], axis=1)
    return low, high
