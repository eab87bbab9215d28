"""How strongly columns go together, numbers and categories alike, on one scale from 0 to 1."""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

LEVELS = 20  # values of a category that count one by one; the rarest share one
MOST_COLUMNS = 4_000  # of the indicators of all levels: beyond, nothing is said


def associations(values: np.ndarray, category: np.ndarray) -> np.ndarray | None:
    """float64 F x F, symmetric, 1 on the diagonal; None where the columns have too many levels together.

    values: float N x F, NaN where missing, of a category its codes; category: bool F. Two numbers: |Spearman's rho|,
    missing ones in the middle rank; two categories: Cramer's V, missing being a value; a number and a category: the
    correlation ratio of the ranks. All three are the root of the summed squared correlations between the columns'
    standardised levels, divided by the largest sum that there can be.
    """
    blocks = [_levels(values[:, i]) if category[i] else _ranks(values[:, i]) for i in range(values.shape[1])]
    widths = np.array([block.shape[1] for block in blocks])
    if widths.sum() > MOST_COLUMNS:
        return None
    whole = np.concatenate(blocks, axis=1)
    squared = np.square(whole.T @ whole / max(1, len(values)))
    starts = np.cumsum([0, *widths[:-1]])
    summed = np.add.reduceat(np.add.reduceat(squared, starts, axis=0), starts, axis=1)
    freedom = np.where(category, np.maximum(widths - 1, 1), 1)
    found = np.sqrt(np.clip(summed / np.minimum.outer(freedom, freedom), 0, 1))
    np.fill_diagonal(found, 1)
    return found


def groups(found: np.ndarray | None, least: float, together: np.ndarray) -> list[list[int]]:
    """Columns in groups, each once: those that `together` (int F) calls the same, and groups of these of which any two
    are associated by at least `least` on average (average linkage). found: `associations`, or None."""
    _, of = np.unique(together, return_inverse=True)
    count = int(of.max(initial=-1)) + 1
    if found is not None and count > 1:
        near = np.zeros((count, count))
        np.maximum.at(near, (of[:, None].repeat(len(of), 1), of[None].repeat(len(of), 0)), found)
        np.fill_diagonal(near, 1)
        clusters = fcluster(linkage(squareform(1 - near, checks=False), "average"), 1 - least, "distance")
        of = clusters[of]
    return [np.flatnonzero(of == one).tolist() for one in dict.fromkeys(of.tolist())]


def _ranks(column: np.ndarray) -> np.ndarray:
    """N x 1, ranks of mean 0 and variance 1; 0 where missing, and everywhere of a constant."""
    known = ~np.isnan(column)
    out = np.zeros(len(column))
    if known.any():
        ranks = stats.rankdata(column[known])
        out[known] = ranks - ranks.mean()
    size = np.sqrt(np.square(out).mean())
    return (out / size if size > 0 else out)[:, None]


def _levels(column: np.ndarray) -> np.ndarray:
    """N x K indicators, (1 - share) / root of the share: the squared correlations of two such blocks sum to
    chi-square / N."""
    _, codes = np.unique(np.where(np.isnan(column), -1, column), return_inverse=True)
    counts = np.bincount(codes)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(counts), dtype=np.int64)
    rank[order] = np.arange(len(counts))
    codes = np.minimum(rank[codes], LEVELS - 1)
    share = np.bincount(codes) / len(column)
    return (np.eye(len(share))[codes] - share) / np.sqrt(share)
