"""Do distances between classes on a map mean anything? The encoder's own beside the map's.

Readers take the gap between two clusters for a difference between them (Jeon et al. 2025, arXiv 2506.08725). Whether
a map allows that is a number: the rank correlation of the classes' true distances with those on the map. Its interval
comes from resampling classes, since the pairs of one class move together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from ._base import unit_length

MOST_CLASSES = 100  # the largest ones: 4,950 pairs
FEWEST = 3  # classes that have an order of distances
FEWEST_FOR_INTERVAL = 5
RESAMPLES = 500


@dataclass(frozen=True)
class Distances:
    """first, second: int class codes of every pair; true: cosine distances of the classes' mean directions (0 to 2);
    mapped: distances of their means on the map, in its own units; all of one length."""

    first: np.ndarray
    second: np.ndarray
    true: np.ndarray
    mapped: np.ndarray


def class_distances(features: np.ndarray, coordinates: np.ndarray, labels: np.ndarray) -> Distances:
    """Distances of the classes of N points (labels int N, -1 for none); at most the MOST_CLASSES largest classes."""
    sizes = np.bincount(labels[labels >= 0])
    chosen = np.sort(np.argsort(-sizes, kind="stable")[: min(MOST_CLASSES, int((sizes > 0).sum()))])
    directions = unit_length(_means(unit_length(features), labels, chosen))
    places = _means(coordinates, labels, chosen)
    first, second = np.triu_indices(len(chosen), 1)
    true = 1 - (directions[first] * directions[second]).sum(axis=1)
    mapped = np.linalg.norm(places[first] - places[second], axis=1)
    return Distances(chosen[first], chosen[second], true.astype(np.float32), mapped.astype(np.float32))


def _means(values: np.ndarray, labels: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Mean row of each chosen class; every one of them has points."""
    return np.stack([values[labels == code].mean(axis=0) for code in chosen]) if len(chosen) else values[:0]


def agreement(found: Distances, seed: int = 0) -> dict[str, float | None] | None:
    """Spearman's correlation of true and mapped distances, with a 95 % interval over classes where there are enough.

    None for fewer than FEWEST classes and where either kind of distance is the same for all pairs.
    """
    classes = np.union1d(found.first, found.second)
    if len(classes) < FEWEST or (value := _spearman(found.true, found.mapped)) is None:
        return None
    if len(classes) < FEWEST_FOR_INTERVAL:
        return {"value": value, "low": None, "high": None}
    true, mapped = _square(found, classes, found.true), _square(found, classes, found.mapped)
    first, second = np.triu_indices(len(classes), 1)
    draws = np.random.default_rng(seed).integers(0, len(classes), (RESAMPLES, len(classes)))
    resampled = []
    for drawn in draws:
        a, b = drawn[first], drawn[second]
        apart = a != b
        resampled.append(_spearman(true[a[apart], b[apart]], mapped[a[apart], b[apart]]))
    known = [r for r in resampled if r is not None]
    low, high = np.quantile(known, [0.025, 0.975])
    return {"value": value, "low": float(low), "high": float(high)}


def _square(found: Distances, classes: np.ndarray, values: np.ndarray) -> np.ndarray:
    table = np.zeros((len(classes), len(classes)), dtype=values.dtype)
    at = np.searchsorted(classes, found.first), np.searchsorted(classes, found.second)
    table[at] = values
    return table + table.T


def _spearman(a: np.ndarray, b: np.ndarray) -> float | None:
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
