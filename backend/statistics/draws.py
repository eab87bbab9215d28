"""How often a bootstrap draws each unit: units that are alike in all that is read of them are drawn together.

A unit is a row, or a person whom several rows belong to. A resample draws as many units as there are, with replacement;
of units that are alike only their number matters, so that a resample of a million rows in forty kinds is one
multinomial draw of forty numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import sparse

AT_ONCE = 1_000_000  # numbers held at once: 8 MB, which a processor's cache nearly holds
SLOWER = 20  # one number of a multinomial draw takes as long as drawing so many units one by one
SMALL = np.iinfo(np.int16).max


def times_drawn(sizes: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """int64 (resamples, D): how many units of each of D kinds are drawn; sizes: int (D,), how many there are."""
    total, kinds = int(sizes.sum()), len(sizes)
    if in_kinds(sizes):
        return rng.multinomial(total, sizes / total, size=resamples)
    # What is not of the largest kind is drawn unit by unit: a small group of many rows costs its own rows only.
    largest = int(np.argmax(sizes))
    others = np.where(np.arange(kinds) == largest, 0, sizes)
    of_others = rng.binomial(total, 1 - sizes[largest] / total, size=resamples)
    kind = np.repeat(np.arange(kinds), others)
    one_by_one = kind[rng.integers(0, len(kind), of_others.sum())] if len(kind) else kind
    one_by_one += np.repeat(np.arange(resamples) * kinds, of_others)
    drawn = np.bincount(one_by_one, minlength=resamples * kinds).reshape(resamples, kinds)
    drawn[:, largest] = total - of_others
    return drawn


def in_kinds(sizes: np.ndarray) -> bool:
    """Whether a number is drawn for each kind, rather than unit by unit."""
    return len(sizes) * SLOWER < sizes.sum()


def at_once(sizes: np.ndarray, sums: int) -> int:
    """How many resamples of these units, each with so many sums, fit into the cache."""
    return max(1, AT_ONCE // max(len(sizes), sums, 0 if in_kinds(sizes) else int(sizes.sum())))


def alike(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(row of each kind (D,), how many rows are of it (D,)): rows N whose `cells`, int (M, N) from -1, are the same."""
    code = np.zeros(cells.shape[1], np.int64)
    for row in cells:
        code = pd.factorize(code * (int(row.max(initial=0)) + 2) + row + 1)[0]
    return np.unique(code, return_index=True, return_counts=True)[1:]


def resampled_sums(by_unit: sparse.csr_matrix, sizes: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Sums over the drawn units, float64 (b, C) in chunks.

    by_unit: int (C, D), what one unit of each of D kinds adds to each of C sums; sizes: int (D,), how many units are of
    each kind.
    """
    rng = np.random.default_rng(seed)
    most = int(by_unit.data.max(initial=0)) * int(sizes.sum())
    by_unit = by_unit.astype(np.int16 if most <= SMALL else np.int64)  # four times as many numbers at once
    chunk = at_once(sizes, by_unit.shape[0])
    for start in range(0, resamples, chunk):
        drawn = times_drawn(sizes, min(chunk, resamples - start), rng)
        yield (by_unit @ np.ascontiguousarray(drawn.T, dtype=by_unit.dtype)).T.astype(np.float64)
