"""Where a new point belongs on a map that was made without it: among the places of its true neighbours.

The neighbours' places, weighted by how near each is for the scale of this neighbourhood, as UMAP weighs them
(McInnes, Healy & Melville 2018, section 3.1); this is where UMAP's own placing of new points starts. It asks for no
fitted model, so it works for every method. Neighbours that lie scattered give a place that means little: `scatter`
says so.
"""

from __future__ import annotations

import numpy as np


def place(cosine: np.ndarray, coordinates: np.ndarray, spread: float) -> tuple[list[float], float]:
    """(place, scatter) of a point from its k nearest neighbours.

    cosine: k, falling; coordinates: k x d, the neighbours' places; spread: root mean square distance of the map's
    points from their centre. scatter: the weighted root mean square distance of the neighbours' places from the
    point's, in units of spread: 0 where they lie together, about 1 where they could be any points.
    """
    distance = np.maximum(1 - cosine.astype(np.float64), 0)
    beyond = distance - distance[0]
    scale = beyond.mean()
    weight = np.exp(-beyond / scale) if scale > 0 else np.ones(len(cosine))
    weight /= weight.sum()
    at = weight @ coordinates
    scatter = np.sqrt(weight @ ((coordinates - at) ** 2).sum(axis=1)) / spread if spread > 0 else 0.0
    return at.tolist(), float(scatter)
