"""One map laid over another of the same points: turned, mirrored, shifted and scaled, nothing else.

Orthogonal Procrustes analysis (Gower 1975). Distances within the map keep their proportions, so its fidelity is
untouched; what is left between the two is movement, not the accident of how a map came to lie.
"""

from __future__ import annotations

import numpy as np


def overlay(coordinates: np.ndarray, target: np.ndarray, shared: np.ndarray | None = None) -> np.ndarray:
    """float32 N x d: `coordinates` laid over `target` (N x d) as well as the points `shared` (bool N; all) allow."""
    chosen = np.ones(len(coordinates), dtype=bool) if shared is None else shared
    here, there = coordinates[chosen].astype(np.float64), target[chosen].astype(np.float64)
    centre, goal = here.mean(axis=0), there.mean(axis=0)
    left, strength, right = np.linalg.svd((here - centre).T @ (there - goal))
    size = ((here - centre) ** 2).sum()
    scale = strength.sum() / size if size > 0 else 1.0
    return ((coordinates - centre) @ (left @ right) * scale + goal).astype(np.float32)


def spread(coordinates: np.ndarray) -> float:
    """Root mean square distance of the points (N x d) from their centre."""
    return float(np.sqrt(((coordinates - coordinates.mean(axis=0)) ** 2).sum(axis=1).mean()))


def moved(coordinates: np.ndarray, target: np.ndarray) -> float:
    """Root mean square distance between the two maps' places, in units of the target's own spread (0: the same)."""
    apart = float(np.sqrt(((coordinates - target) ** 2).sum(axis=1).mean()))
    return apart / size if (size := spread(target)) > 0 else 0.0


def starts(places: dict[str, np.ndarray], rows: np.ndarray, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(float32 N x d where the points `rows` start, bool N whether the earlier map had them).

    places: {"row": int M ascending, "x", "y"(, "z")} of the earlier map; index: int N x k, the points' neighbours. A
    point that the earlier map lacks starts among those of its neighbours that it has, else in the middle.
    """
    known = np.stack([places[axis] for axis in "xyz" if axis in places], axis=1).astype(np.float32)
    at = np.searchsorted(places["row"], rows).clip(0, len(known) - 1)
    shared = places["row"][at] == rows
    begin = np.where(shared[:, None], known[at], 0)
    near = shared[index]
    count = near.sum(axis=1)
    mean = (begin[index] * near[:, :, None]).sum(axis=1) / np.maximum(count, 1)[:, None]
    lost = ~shared
    begin[lost] = np.where((count > 0)[lost, None], mean[lost], known.mean(axis=0))
    return begin.astype(np.float32), shared
