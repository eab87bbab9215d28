"""Bootstrap of counts: rows are resampled by resampling the cells they fall into.

Every metric here reads counts of (group, label, prediction) only, so a resample of a million rows is one
multinomial draw of a few cells. `hierarchical` resamples two models' seeds and their common test examples
together, for differences between models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import sparse

from .draws import alike, resampled_sums
from .proportions import Interval

CHUNK_NUMBERS = 8_000_000  # numbers held at once while resampling: 64 MB


def resample_cells(counts: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Bootstrap counts: (resamples, G, ...) from int counts (G, ...), each group with its own size."""
    counts = np.asarray(counts)
    flat = counts.reshape(len(counts), -1)
    sizes = flat.sum(1)
    shares = np.divide(flat, sizes[:, None], out=np.zeros(flat.shape), where=sizes[:, None] > 0)
    shares[sizes == 0, -1] = 1.0  # an empty group stays empty: multinomial wants shares that sum to 1
    draws = np.random.default_rng(seed).multinomial(sizes, shares, size=(resamples, len(counts)))
    return draws.reshape(resamples, *counts.shape)


def percentile(value: np.ndarray, samples: np.ndarray, level: float = 0.95) -> Interval:
    """Percentile interval over axis 0 of `samples`; resamples that could not be computed (NaN) are left out."""
    low, high = _quantiles(samples, level)
    return Interval(np.asarray(value, np.float64), low, high)


def disparity(values: np.ndarray, samples: np.ndarray, level: float = 0.95) -> Interval:
    """Interval of the largest difference between groups; of several rates (M), the largest of their differences.

    values: (M, G); samples: (B, M, G). The resamples' largest minus smallest value is biased upwards and never reaches
    0, so its percentiles are no interval. Instead all pairwise errors are held at once, as in Tukey's range method:
    with probability `level` no difference of two groups is off by more than the margin, and then neither is their
    largest. Coverage is therefore at least `level`; the interval reaches 0 when there may be no gap.
    """
    value = spread(values).max(-1)
    errors = spread(samples - values).max(-1)
    known = errors[np.isfinite(errors)]
    margin = np.quantile(known, level) if len(known) else np.nan
    return Interval(value, np.maximum(value - margin, 0), value + margin)


def spread(values: np.ndarray) -> np.ndarray:
    """Maximum minus minimum over the last axis (groups); NaN where a group has no value."""
    return values.max(-1) - values.min(-1)


def two_sided_p(samples: np.ndarray) -> float:
    """Share of the resamples on the rarer side of 0, doubled: the p-value that the percentile interval inverts to."""
    known = samples[np.isfinite(samples)]
    rarer = min((known <= 0).sum(), (known >= 0).sum())
    return float(min(1.0, 2 * (1 + rarer) / (1 + len(known))))


def _quantiles(samples: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    tails = [(1 - level) / 2, (1 + level) / 2]
    with np.errstate(invalid="ignore"):
        quantiles = (
            np.nanquantile(samples, tails, axis=0)
            if np.isfinite(samples).any()
            else np.full((2, *samples.shape[1:]), np.nan)
        )
    return quantiles[0], quantiles[1]


def seed_weights(pairs: Sequence[tuple[int, int]], resamples: int, seed: int) -> np.ndarray:
    """Weights (resamples, S) of S models, each made with a (subset seed, pretraining seed) pair; rows sum to 1.

    The two kinds of seed are drawn apart (models that share one err together: Owen 2007, Annals of Applied
    Statistics 1:386), n - 1 out of n seeds with replacement, which makes the bootstrap variance of a mean over few
    seeds unbiased: Rao & Wu (1988), JASA 83:231. A kind with a single seed is not resampled: its variation is unknown.
    """
    rng = np.random.default_rng(seed)
    weights = np.ones((resamples, len(pairs)))
    for kind in (0, 1):
        _, at = np.unique([pair[kind] for pair in pairs], return_inverse=True)
        levels = at.max() + 1
        if levels > 1:
            draws = rng.multinomial(levels - 1, np.full(levels, 1 / levels), size=resamples)
            weights *= draws[:, at]
    totals = weights.sum(1, keepdims=True)
    return np.where(totals > 0, weights / np.where(totals > 0, totals, 1), 1 / len(pairs))


@dataclass(frozen=True)
class Cells:
    """Where N rows fall under each of M models.

    at: int (M, N), the flat cell that each row falls into, -1 to leave the row out; count: how many cells there are.
    """

    at: np.ndarray
    count: int


def hierarchical(tables: Sequence[Cells], units: np.ndarray, resamples: int, seed: int) -> Iterator[list[np.ndarray]]:
    """Bootstrap counts of several models over the same resampled test examples, in chunks: float64 (b, M, count) of
    each of the tables.

    units: N labels of what is resampled, the row itself or the person that several rows belong to.
    """
    ends = np.cumsum([0, *(len(table.at) * table.count for table in tables)])
    at = np.concatenate(
        [
            np.where(table.at >= 0, table.at + start + np.arange(len(table.at))[:, None] * table.count, -1)
            for table, start in zip(tables, ends, strict=False)
        ]
    )
    unit, labels = pd.factorize(units)
    sizes = np.ones(len(labels), dtype=np.int64)
    if len(sizes) == len(unit):
        kind, sizes = alike(at)
        at, unit = at[:, kind], np.arange(len(kind))
    kept = at >= 0
    where = (at[kept], np.broadcast_to(unit, at.shape)[kept])
    by_unit = sparse.coo_matrix((np.ones(kept.sum(), np.int64), where), shape=(ends[-1], len(sizes))).tocsr()
    for sums in resampled_sums(by_unit, sizes, resamples, seed):
        yield [
            sums[:, start:end].reshape(len(sums), len(table.at), table.count)
            for table, (start, end) in zip(tables, pairwise(ends), strict=True)
        ]
