"""Texts that are nearly the same: MinHash (Broder 1997) of their runs of three words, found by banding.

Two texts are near duplicates when at least SAME of their HASHES minima agree, which estimates the Jaccard similarity
of their three-word runs with a standard error of 0.05 at 0.8. With BANDS bands of ROWS minima a pair of similarity 0.8
shares a band with probability 1 - (1 - 0.8^5)^12 = 0.99 (Leskovec et al. 2014, chapter 3). Texts of fewer than three
words have no runs and are left out, as are texts beyond the first MOST.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from zlib import crc32

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ...data.duplicates import ACROSS, SHOWN, band, candidates

RUN, BANDS, ROWS = 3, 12, 5
HASHES = BANDS * ROWS
SAME = 0.8
MOST = 500_000  # texts that are compared: 240 bytes of memory each
LARGEST = 0.01  # share of all texts
MAX_COMPARED = 50_000_000  # pairs of two splits
_EMPTY = np.uint32(2**32 - 1)
_ODD = np.random.default_rng(3).integers(0, 2**64, (HASHES, 2), dtype=np.uint64) | np.uint64(1)


def signatures(texts: list[list[str]]) -> np.ndarray:
    """uint32 N x HASHES of texts given as words; a text without a run has _EMPTY everywhere."""
    out = np.full((len(texts), HASHES), _EMPTY, dtype=np.uint32)
    long = [i for i, words in enumerate(texts) if len(words) >= RUN]
    if not long:
        return out
    lengths = np.array([len(texts[i]) for i in long])
    words = np.fromiter(map(_number, chain.from_iterable(texts[i] for i in long)), np.uint64, lengths.sum())
    # Every place but the last two of a text begins a run; the multipliers make the run depend on the words' order.
    begins = np.ones(len(words), dtype=bool)
    ends = np.cumsum(lengths)
    begins[ends - 1] = begins[ends - 2] = False
    at = np.flatnonzero(begins)
    runs = (words[at] * _ODD[0, 0] ^ words[at + 1] * _ODD[1, 0]) * _ODD[2, 0] ^ words[at + 2] * _ODD[3, 0]
    runs ^= runs >> np.uint64(29)
    starts = np.cumsum(lengths - RUN + 1) - (lengths - RUN + 1)
    for k, (times, plus) in enumerate(_ODD):
        hashed = ((runs * times + plus) >> np.uint64(32)).astype(np.uint32)
        out[long, k] = np.minimum.reduceat(hashed, starts)
    return out


@lru_cache(1 << 18)
def _number(word: str) -> int:
    return crc32(word.encode())


def units(signed: np.ndarray, digests: np.ndarray) -> np.ndarray | None:
    """int N: texts that are nearly the same, directly or through others, have one number, so that a split can keep
    them together; None where none are, or too many look alike to be compared. In groups of more than `LARGEST` of all
    texts, which a template makes, each text has its own: kept together they would decide the splits.

    signed: the signatures of the first rows; digests: of all rows.
    """
    known = _first(np.flatnonzero((signed != _EMPTY).any(axis=1)), digests)
    found = _pairs(signed, _keys(signed), known, known, digests)
    if found is None or not len(found):
        return None
    alone = np.arange(len(digests))
    graph = coo_matrix((np.ones(len(found)), found.T), shape=(len(alone), len(alone)))
    unit = connected_components(graph, directed=False)[1]
    small = np.bincount(unit)[unit] <= max(2, LARGEST * len(alone))
    return np.where(small, unit, unit.max() + 1 + alone)


def near(signed: np.ndarray, digests: np.ndarray, split: np.ndarray) -> tuple[list[dict], dict[str, int], bool]:
    """(across as `duplicates.near` gives it, {split: texts that nearly repeat an earlier one}, whether complete).

    signed: the signatures of the first rows; digests, split: of all rows. Exact duplicates are not counted.
    """
    known = np.flatnonzero((signed != _EMPTY).any(axis=1))
    rows = {s: _first(known[split[known] == s], digests) for s in np.unique(split).tolist()}
    keys = _keys(signed)
    across, within, complete = [], {}, len(signed) == len(digests)
    for s, its in rows.items():
        found = _pairs(signed, keys, its, its, digests)
        complete = complete and found is not None
        if found is not None:
            within[s] = len(np.unique(found[found[:, 0] < found[:, 1], 1]))
    for first, second in ACROSS:
        found = _pairs(signed, keys, rows.get(first, known[:0]), rows.get(second, known[:0]), digests)
        if found is None:
            complete = False
            continue
        pairs = found[np.unique(found[:, 1], return_index=True)[1]]
        repeated = np.isin(digests[split == second], digests[pairs[:, 1]])
        across.append({"splits": [first, second], "count": int(repeated.sum()), "pairs": pairs[:SHOWN].tolist()})
    return across, within, complete


def _first(rows: np.ndarray, digests: np.ndarray) -> np.ndarray:
    """Of rows with the same digest the first: the rest would be compared for nothing."""
    return rows[np.sort(np.unique(digests[rows], return_index=True)[1])]


def _keys(signed: np.ndarray) -> np.ndarray:
    """uint64 N x BANDS: one number for the minima of a band."""
    key = np.zeros((len(signed), BANDS), dtype=np.uint64)
    for row in range(ROWS):
        key = (key ^ signed[:, row::ROWS].astype(np.uint64)) * _ODD[row, 1]
    return key


def _pairs(signed, keys, a: np.ndarray, b: np.ndarray, digests) -> np.ndarray | None:
    """int M x 2: rows of a and of b that are nearly the same but not the same; None where too many look alike."""
    bands = [band(keys[a, k], keys[b, k]) for k in range(BANDS)]
    if sum(int(count.sum()) for _, _, count in bands) > MAX_COMPARED:
        return None
    found = [np.empty((0, 2), dtype=int)]
    for left, right in _blocks(bands):
        pair = np.column_stack([a[left], b[right]])
        pair = pair[digests[pair[:, 0]] != digests[pair[:, 1]]]
        found.append(pair[(signed[pair[:, 0]] == signed[pair[:, 1]]).mean(axis=1) >= SAME])
    return np.unique(np.concatenate(found), axis=0)


def _blocks(bands: list, most: int = 50_000) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The candidates in blocks whose signatures fit in a few megabytes."""
    for left, right in candidates(bands):
        for start in range(0, len(left), most):
            yield left[start : start + most], right[start : start + most]
