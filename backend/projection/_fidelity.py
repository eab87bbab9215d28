"""How far a map can be trusted: numbers that stand beside it.

A map of two dimensions cannot keep what hundreds hold. Trustworthiness alone hides it: measured here, it
stayed at 0.99 while nine of ten true neighbours were lost. So three numbers are given together:

trustworthiness  are the map's neighbours near in truth? (Venna & Kaski 2001; 1: all of them, 0.5: chance)
knn_kept         share of a point's true neighbours that are also its neighbours on the map
neighbour_hit    share of a point's neighbours with its label, on the map and in truth: a map whose hit is the
                 higher one shows the classes further apart than the encoder has them (Paulovich et al. 2008)
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import cKDTree

from ._base import others, unit_length

K = 15
SAMPLE = 2_000  # points for which trustworthiness is summed, at most


def map_neighbours(coordinates: np.ndarray, k: int = K) -> np.ndarray:
    """int64 N x k: the nearest other points on the map (Euclidean), nearest first; coordinates N x 2 or 3."""
    count = len(coordinates)
    k = min(k, count - 1)
    _, found = cKDTree(coordinates).query(coordinates, k + 1, workers=-1)
    return found[others(found, np.arange(count))].reshape(count, k)


def kept(true: np.ndarray, mapped: np.ndarray) -> np.ndarray:
    """float32 N: share of each point's true neighbours (N x k) that are among its neighbours on the map (N x k)."""
    shared = (true[:, :, None] == mapped[:, None, :]).any(axis=2)
    return shared.mean(axis=1, dtype=np.float32)


def trustworthiness(
    features: np.ndarray, mapped: np.ndarray, seed: int = 0, device: torch.device | str = "cpu"
) -> tuple[float | None, int]:
    """(trustworthiness, points it was summed over); the true ranks are by cosine over all N points.

    mapped: N x k neighbours on the map. Beyond SAMPLE points a seeded sample is summed: its standard error is
    then below 0.005. None where k is not below N / 2, where the measure is not defined.
    """
    count, k = mapped.shape
    if 2 * k >= count:
        return None, 0
    vectors = torch.from_numpy(unit_length(features)).to(device)
    rows = np.arange(count)
    if count > SAMPLE:
        rows = np.sort(np.random.default_rng(seed).choice(count, SAMPLE, replace=False))
    penalty = 0.0
    for chunk in np.array_split(rows, max(1, len(rows) * count // (1 << 24))):
        own = torch.from_numpy(chunk).to(device)
        similarity = vectors[own] @ vectors.T
        similarity[torch.arange(len(own), device=own.device), own] = -torch.inf
        near = torch.from_numpy(mapped[chunk].astype(np.int64)).to(device)
        rank = count + 1 - torch.searchsorted(_sorted(similarity), similarity.gather(1, near), right=True)
        penalty += float((rank - k).clamp_min(0).sum())
    scale = 2 / (len(rows) * k * (2 * count - 3 * k - 1))
    return 1 - scale * penalty, len(rows)


def _sorted(rows: torch.Tensor) -> torch.Tensor:
    """Every row in rising order; on a CPU by NumPy, whose sort is vectorised and ten times as fast as that of torch."""
    return rows.sort(dim=1).values if rows.is_cuda else torch.from_numpy(np.sort(rows.numpy(), axis=1))


def neighbour_hit(neighbours: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """float64 N: share of each point's neighbours (N x k) that have its label; NaN where nothing can be said.

    Nothing is said of points without a label (-1). Neighbours without one, and neighbours of the point's own
    group (another picture of the same lesion is no evidence), are left out of the share.
    """
    counts = (labels[neighbours] >= 0) & (labels >= 0)[:, None]
    if groups is not None:
        counts &= groups[neighbours] != groups[:, None]
    same = (labels[neighbours] == labels[:, None]) & counts
    number = counts.sum(axis=1)
    return np.divide(same.sum(axis=1), number, out=np.full(len(labels), np.nan), where=number > 0)


def compared_hits(mapped: np.ndarray | None, true: np.ndarray | None) -> dict[str, float | int | None]:
    """The means of two `neighbour_hit` (float64 N) over the points where both are known, and how many these are.

    Where groups leave neighbours out, the map knows of other points than the space does: two means over all that each
    knows would differ by their points alone. Both are None where there is no such point.
    """
    both = np.zeros(0, dtype=bool) if mapped is None or true is None else ~np.isnan(mapped) & ~np.isnan(true)
    on_map, in_truth = (float(hits[both].mean()) if both.any() else None for hits in (mapped, true))
    return {"neighbour_hit_map": on_map, "neighbour_hit_true": in_truth, "neighbour_hit_points": int(both.sum())}


def chance_hit(labels: np.ndarray, groups: np.ndarray | None = None, told: np.ndarray | None = None) -> float | None:
    """The hit of neighbours drawn at random, by the rules of `neighbour_hit`; None where it says nothing of any point.

    told: bool N, the points over which it is averaged, all by default. Without groups, over all points, it is the sum
    of the squared class shares; with groups a point's own is left out of the shares that it is compared with.
    """
    known = labels >= 0
    counted = labels[known]
    same, others = np.bincount(counted)[counted], np.full(len(counted), len(counted))
    if groups is not None:
        owner = np.unique(groups[known], return_inverse=True)[1]
        pair = np.unique(owner * (counted.max(initial=0) + 1) + counted, return_inverse=True)[1]
        same, others = same - np.bincount(pair)[pair], others - np.bincount(owner)[owner]
    asked = (others > 0) if told is None else (others > 0) & told[known]
    return float((same[asked] / others[asked]).mean()) if asked.any() else None


def mean_interval(values: np.ndarray, groups: np.ndarray | None = None) -> dict[str, float | None] | None:
    """Mean of `values` without NaN, with a 95 % interval that is robust to groups (linearised ratio, Cochran 1977).

    Points of one group (person, lesion) stand or fall together, so the spread is taken over the groups.
    None where there is no value; no interval (null) where there is one group only.
    """
    known = ~np.isnan(values)
    if not known.any():
        return None
    mean = float(values[known].mean())
    owners = np.arange(known.sum()) if groups is None else np.unique(groups[known], return_inverse=True)[1]
    excess = np.bincount(owners, weights=values[known] - mean)
    count = len(excess)
    if count < 2:
        return {"value": mean, "low": None, "high": None}
    error = np.sqrt(count / (count - 1) * (excess**2).sum()) / known.sum()
    return {"value": mean, "low": float(mean - 1.96 * error), "high": float(mean + 1.96 * error)}
