"""Permutation test for "is there a gap between the groups?", on counts.

Under the null hypothesis the group says nothing, so group labels may be exchanged between rows. Which rows depends on
the metric: accuracy and the selection rate concern all rows; TPR, FPR and AUROC are rates within a true class, so
labels are exchanged within true classes only (different base rates are then no gap); precision is a rate among the
rows with the same prediction. Exchanging labels at random with the groups' sizes held is drawing a table with the
same margins at random, which is done cell by cell from the hypergeometric distribution, without touching a row.
"""

from __future__ import annotations

import numpy as np

# axes of counts (group, label, prediction) within whose levels group labels are exchanged
GIVEN = {"nothing": (), "label": (1,), "prediction": (2,)}


def random_tables(table: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws, G, C) random tables with the row and column sums of the int table (G, C)."""
    groups, columns = table.shape
    out = np.zeros((draws, groups, columns), dtype=np.int64)
    left = np.broadcast_to(table.sum(0), (draws, columns)).copy()
    for g in range(groups - 1):
        wanted = np.full(draws, table[g].sum())
        others = left.sum(1)
        for c in np.flatnonzero(table.any(0)):
            others = others - left[:, c]
            out[:, g, c] = rng.hypergeometric(left[:, c], others, wanted)
            wanted = wanted - out[:, g, c]
        left -= out[:, g]
    out[:, -1] = left
    return out


def permuted_counts(counts: np.ndarray, given: str, draws: int, seed: int) -> np.ndarray:
    """(draws, G, L, P) counts after exchanging group labels; counts: int (G, L, P), `given`: a key of GIVEN."""
    groups, labels, predictions = counts.shape
    rng = np.random.default_rng(seed)
    if given == "nothing":
        return random_tables(counts.reshape(groups, -1), draws, rng).reshape(draws, groups, labels, predictions)
    axis = GIVEN[given][0]
    strata = [random_tables(counts.take(level, axis), draws, rng) for level in range(counts.shape[axis])]
    return np.stack(strata, axis=axis + 1)


def spread(values: np.ndarray) -> np.ndarray:
    """Maximum minus minimum over the last axis (groups); NaN where a group has no value."""
    return values.max(-1) - values.min(-1)


def share_as_large(observed: np.ndarray, null: np.ndarray) -> list[float | None]:
    """p-values of T statistics (T,) from their permutations (draws, T): the share at least as large.

    The observed table counts as one of the permutations, so that p is never 0: Phipson & Smyth (2010), Statistical
    Applications in Genetics and Molecular Biology 9:39. None where the statistic cannot be computed.
    """
    known = np.isfinite(null)
    with np.errstate(invalid="ignore"):
        as_large = (null >= observed - 1e-12) & known
    p = (1 + as_large.sum(0)) / (1 + known.sum(0))
    return [float(x) if there else None for x, there in zip(p, np.isfinite(observed), strict=True)]
