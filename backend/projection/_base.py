"""What every projection is: features in, a map of two or three dimensions out.

    project(features, params, dimensions, seed, neighbours, progress, start) -> float32 N x dimensions

features    float32 N x d, finite, N of 10 and more
neighbours  cosine neighbours of every point (`_neighbours.nearest`), so that no method searches again
progress    progress(done, total, note): called often; it raises to stop the projection, so let it pass
start       float32 N x dimensions, where the points stand before the first step (an earlier map of the same
            points), or None; a method that has no steps ignores it
The same arguments give the same map, bit for bit, on one machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Report = Callable[[float, float, str], None]


@dataclass(frozen=True)
class Neighbours:
    """index: int32 N x k, nearest first, never the point itself; cosine: float32 N x k, its similarities.

    recall: share of the true neighbours that were found, {value, low, high} from a sample; None where the search was
    exact.
    """

    index: np.ndarray
    cosine: np.ndarray
    recall: dict[str, float | None] | None = None

    @property
    def k(self) -> int:
        return self.index.shape[1]


def silent(done: float, total: float, note: str) -> None:
    """A `progress` that nobody listens to."""


def part(progress: Report, number: int, of: int) -> Report:
    """The `progress` of one of several parts (number: from 0) of what `progress` is told of."""

    def report(done: float, total: float, note: str) -> None:
        progress(number + done / total, of, note)

    return report


def unit_length(features: np.ndarray) -> np.ndarray:
    """Every row scaled to length 1, float32; a row of zeros stays one (its cosine to anything is 0).

    Squares of what is beyond 1e19 overflow and of what is below 1e-19 vanish: such rows are measured by their largest.
    """
    features = np.asarray(features, dtype=np.float32)
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(features, axis=1, keepdims=True)
    extreme = np.flatnonzero(~((lengths > 1e-18) & (lengths < 1e18)))
    if len(extreme):
        features, largest = features.copy(), np.abs(features[extreme]).max(axis=1, keepdims=True, initial=0)
        features[extreme] /= np.where(largest > 0, largest, 1)
        lengths[extreme] = np.linalg.norm(features[extreme], axis=1, keepdims=True)
    return features / np.where(lengths > 0, lengths, 1)


def others(found: np.ndarray, own: np.ndarray) -> np.ndarray:
    """bool N x m: all but one of the m points found near each point `own` (int N), the point itself left out.

    Among points at one place the point itself need not come first, or be found at all; then the last one is left out.
    """
    kept = found != own[:, None]
    kept[kept.all(axis=1), -1] = False
    return kept
