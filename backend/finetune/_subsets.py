"""Nested, stratified (and grouped) label subsets: which training rows a study may pretend to know the labels of.

One subset seed fixes one order of the labelled training rows within every class; the subset of a fraction is the
beginning of that order, so the 1 % subset lies inside the 5 % subset, and so on to 100 %. Where rows come in groups
(images of one person or lesion), whole groups are drawn: a few images of many people would be more
information than the same number of images of few, and nobody labels that way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def nested_subsets(
    labels: np.ndarray, fractions: Sequence[float], seed: int, groups: np.ndarray | None = None
) -> dict[float, np.ndarray]:
    """Positions into `labels` for each fraction, ascending; every class that occurs is in every subset.

    labels: int64 N, -1 where missing (never drawn); groups: N group names or None. Each class contributes
    round(fraction * its rows) rows, at least one; with groups, whole groups (by their most frequent class) until that
    number is reached. Deterministic for a seed; the subset of fraction 1.0 is every labelled row.
    Raises ValueError when no row is labelled.
    """
    known = np.flatnonzero(np.asarray(labels) >= 0)
    if not len(known):
        raise ValueError("labels: expected at least one labelled row, found none")
    rng = np.random.default_rng([seed, 0x5B5])
    units = _units(known, np.asarray(labels), groups)
    orders = {label: [members[i] for i in rng.permutation(len(members))] for label, members in sorted(units.items())}
    return {fraction: _take(orders, fraction, np.asarray(labels), known) for fraction in fractions}


def _units(known: np.ndarray, labels: np.ndarray, groups: np.ndarray | None) -> dict[int, list[np.ndarray]]:
    """{class: what is drawn as one: arrays of positions}; a group belongs to its most frequent class."""
    units: dict[int, list[np.ndarray]] = {}
    if groups is None:
        for position in known:
            units.setdefault(int(labels[position]), []).append(np.array([position]))
        return units
    names = np.asarray(groups)[known]
    order = np.argsort(names, kind="stable")
    starts = np.unique(names[order], return_index=True)[1]
    for members in np.split(known[order], starts[1:]):
        units.setdefault(int(np.bincount(labels[members]).argmax()), []).append(np.sort(members))
    return units


def _take(orders: dict[int, list[np.ndarray]], fraction: float, labels: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The beginning of each class's order that holds `fraction` of its rows, and one row of every class."""
    if fraction >= 1:
        return known
    taken: list[np.ndarray] = []
    for members in orders.values():
        ends = np.cumsum([len(m) for m in members])
        target = max(1, round(fraction * int(ends[-1])))
        taken += members[: int(np.searchsorted(ends, target)) + 1]
    # A class that is the most frequent in no group still needs an example: the first group that holds one.
    have = set(labels[np.concatenate(taken)].tolist())
    for label in sorted(set(labels[known].tolist()) - have):
        everyone = (m for members in orders.values() for m in members)
        taken.append(next(m for m in everyone if (labels[m] == label).any()))
    return np.unique(np.concatenate(taken))
