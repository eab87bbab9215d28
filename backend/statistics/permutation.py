"""Permutation test for "is there a gap between the groups?", on counts.

Under the null hypothesis the group says nothing, so group labels may be exchanged between rows. Which rows depends on
the metric: accuracy and the selection rate concern all rows; TPR, FPR and AUROC are rates within a true class, so
labels are exchanged within true classes only (different base rates are then no gap); precision is a rate among the
rows with the same prediction. Exchanging labels at random with the groups' sizes held is drawing a table with the
same margins at random, which is done cell by cell from the hypergeometric distribution, without touching a row. Where
rows belong together (two images of a patient), whole units are exchanged instead.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from .bootstrap import CHUNK_NUMBERS

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


def permuted_units(
    cells: np.ndarray,
    shape: tuple[int, int],
    group: np.ndarray,
    groups: int,
    units: np.ndarray,
    given: str,
    draws: int,
    seed: int,
) -> np.ndarray:
    """(draws, G, L, P) counts after exchanging group labels between units of dependent rows, not between rows.

    cells: int (N,) flat position of each row in `shape` = (L, P); group: int (N,) in 0 .. groups-1; units: (N,) labels
    of what keeps together, such as a patient. A unit's rows of one stratum and one group travel together.
    """
    rng = np.random.default_rng(seed)
    at = {"nothing": np.zeros_like(cells), "label": cells // shape[1], "prediction": cells % shape[1]}[given]
    out = np.zeros((draws, groups, shape[0] * shape[1]), dtype=np.int64)
    for level in np.unique(at):
        here = at == level
        _, first, unit = np.unique(
            np.stack([np.unique(units, return_inverse=True)[1][here], group[here]]),
            axis=1,
            return_index=True,
            return_inverse=True,
        )
        whose = group[here][first]
        by_unit = sparse.coo_matrix((np.ones(here.sum()), (unit, cells[here])), (len(whose), out.shape[2])).tocsr()
        for start in range(0, draws, chunk := max(1, CHUNK_NUMBERS // len(whose))):
            count = min(chunk, draws - start)
            exchanged = rng.permuted(np.broadcast_to(whose, (count, len(whose))), axis=1)
            for g in range(groups):
                out[start : start + count, g] += ((exchanged == g).astype(np.float64) @ by_unit).astype(np.int64)
    return out.reshape(draws, groups, *shape)


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
