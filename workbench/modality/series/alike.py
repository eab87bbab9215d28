"""Which windows of other units look like this one, in the encoder's own space. Pure."""

from __future__ import annotations

import numpy as np

MOST = 8  # units
TOGETHER = 65_536  # windows that are compared at a time


def alike(features: np.ndarray, units: np.ndarray, row: int, most: int = MOST) -> list[tuple[int, float]]:
    """[(row, cosine)], the nearest window of each of the nearest other units, the nearest first.

    features: float32 N x d; units: int64 N, of which unit each window is. A window's own neighbours are mostly the
    windows beside it, which share its readings; so only other units count, and each once.
    """
    mine = np.asarray(features[row], np.float64)
    mine = mine / max(float(np.linalg.norm(mine)), 1e-12)
    cosine = np.empty(len(features))
    for start in range(0, len(features), TOGETHER):
        part = np.asarray(features[start : start + TOGETHER], np.float64)
        cosine[start : start + TOGETHER] = part @ mine / np.maximum(np.linalg.norm(part, axis=1), 1e-12)
    cosine[units == units[row]] = -np.inf
    found: dict[int, int] = {}
    for place in np.argsort(-cosine, kind="stable"):
        if cosine[place] == -np.inf or len(found) == most:
            break
        found.setdefault(int(units[place]), int(place))
    return [(place, float(cosine[place])) for place in found.values()]
