"""Train, val and test: stratified by label, rows that belong together kept together, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..workspace.layout import BadInput

SHARE = {"val": 0.15, "test": 0.15}


def to_make(given: np.ndarray | None) -> list[str]:
    """The splits that the given ones (str N, or None) leave out."""
    return [s for s in SHARE if given is None or s not in given]


def complete(
    given: np.ndarray | None, labels: np.ndarray, belongs: list[np.ndarray], seed: int
) -> tuple[np.ndarray, list[str]]:
    """(split of each row, the splits that were made here).

    given: str N, or None. Of given splits only the missing ones are made, each 15 % of all rows that are
    available, taken from train. belongs: for each kind of unit (person, identical image) the unit of each row.
    """
    missing = to_make(given)
    if not missing:
        return given, []
    split = np.full(len(labels), "train", dtype="<U5") if given is None else given.astype("<U5")
    rows = np.flatnonzero(split == "train")
    unit = together([b[rows] for b in belongs], len(rows))
    split[rows] = carve(labels[rows], unit, {s: SHARE[s] for s in missing}, seed)
    return split, (["train", *missing] if given is None else missing)


def by_time(times: np.ndarray, belongs: list[np.ndarray], where: str) -> tuple[np.ndarray, list[str]]:
    """(split of each row, the splits that were made): the earliest 70 % are train, then val, then test.

    times: float64 N. Rows of one time are never parted, and units (belongs) stand where their latest row does, so that
    train holds nothing that is later than its end. Raises BadInput where there are fewer than three different times.
    """
    unit = together(belongs, len(times)) if belongs else np.arange(len(times))
    latest = np.full(unit.max(initial=-1) + 1, -np.inf)
    np.maximum.at(latest, unit, times)
    found, place, rows = np.unique(latest[unit], return_inverse=True, return_counts=True)
    if len(found) < 3:
        raise BadInput(f"{where}: expected at least three different times, found {len(found)}")
    middle = np.cumsum(rows) - rows / 2  # a time stands in the split in which the middle of its rows falls
    ends = np.cumsum([1 - sum(SHARE.values()), SHARE["val"]]) * len(times)
    val = int(np.clip(np.searchsorted(middle, ends[0]), 1, len(found) - 2))  # each split has one time at least
    test = int(np.clip(np.searchsorted(middle, ends[1]), val + 1, len(found) - 1))
    dealt = (np.arange(len(found)) >= val).astype(int) + (np.arange(len(found)) >= test)
    return np.asarray(["train", "val", "test"])[dealt[place]], ["train", "val", "test"]


def together(belongs: list[np.ndarray], count: int) -> np.ndarray:
    """int N: rows that share a unit of any kind, directly or through others, get the same number, counted from 0."""
    joined = np.arange(count)
    for place, unit in enumerate(belongs):
        codes = numbered(unit)
        if place == 0:
            joined = codes
            continue
        from scipy.sparse import coo_matrix  # a third of a second's import, for several kinds of units alone
        from scipy.sparse.csgraph import connected_components

        # A bipartite graph: what is joined so far on one side, this kind of unit on the other.
        nodes = joined.max(initial=-1) + 1
        size = nodes + codes.max(initial=-1) + 1
        graph = coo_matrix((np.ones(count), (joined, codes + nodes)), shape=(size, size))
        joined = connected_components(graph, directed=False)[1][joined]
    return joined


def numbered(unit: np.ndarray) -> np.ndarray:
    """int N: the number of each value, counted from 0 in the order in which they first come; as `pd.factorize`, whose
    hash table of ten million whole numbers takes half as much again."""
    unit = np.asarray(unit)
    if unit.dtype.kind not in "iu" or not len(unit):
        return pd.factorize(unit)[0]
    order = np.argsort(unit, kind="stable")
    begins = np.concatenate([[True], np.diff(unit[order]) != 0])
    first = order[begins]
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    codes = np.empty(len(unit), dtype=np.int64)
    codes[order] = place[np.cumsum(begins) - 1]
    return codes


def carve(labels: np.ndarray, unit: np.ndarray, shares: dict[str, float], seed: int) -> np.ndarray:
    """str N: of each class the given share of rows for each named split, the rest is train.

    Units (numbered from 0) are dealt whole, in an order that the seed fixes; a unit belongs to the class that most of
    its rows have, of several the first.
    """
    majority = _majority(labels, unit)
    sizes = np.bincount(unit)
    rng = np.random.default_rng(seed)
    names, dealt, before = np.asarray([*shares, "train"]), np.empty(len(sizes), dtype=np.int8), 0
    for stratum in np.unique(majority):
        units = np.flatnonzero(majority == stratum)
        order = rng.permutation(units)
        size = sizes[order]
        # Quotas are differences of rounded running totals: many small classes round to the right sum.
        quota = [round(s * (before + size.sum())) - round(s * before) for s in shares.values()]
        before += int(size.sum())
        dealt[order] = np.digitize(np.cumsum(size) - size / 2, np.cumsum(quota))
    return names[dealt[unit]]


def _majority(labels: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """int, of each unit the label that most of its rows have, of several the smallest."""
    if len(labels) and (labels == labels[0]).all():  # millions of texts without labels shall not be sorted for nothing
        return np.full(unit.max() + 1, labels[0])
    majority = np.empty(unit.max(initial=-1) + 1, dtype=labels.dtype)
    majority[unit] = labels  # of units of one row
    rows = np.flatnonzero(np.bincount(unit)[unit] > 1)
    if len(rows):
        found, code = np.unique(labels[rows], return_inverse=True)
        pair, times = np.unique(unit[rows].astype(np.int64) * len(found) + code, return_counts=True)
        owner, label = np.divmod(pair, len(found))
        order = np.lexsort((label, -times, owner))
        owners, begins = np.unique(owner[order], return_index=True)
        majority[owners] = found[label[order[begins]]]
    return majority
