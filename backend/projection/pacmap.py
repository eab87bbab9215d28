"""PaCMAP: near pairs, mid-near pairs and further pairs; keeps more of the whole than UMAP, at a fraction of its time.

Wang, Huang, Rudin & Shaposhnik (2021), JMLR 22:201, through the package pacmap. The near pairs come from the cosine
neighbours that the workbench computes anyway. A stop takes effect after at most ten steps: about a second at 100,000
points, ten at a million.
"""

from __future__ import annotations

import numpy as np

from ._base import Neighbours, Report, silent
from ._pacmap import Pairs, fit

KINDS = ("image", "text")


class Params(Pairs):
    pass


def project(
    features: np.ndarray,
    params: Params,
    dimensions: int,
    seed: int = 0,
    neighbours: Neighbours | None = None,
    progress: Report = silent,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """float32 N x d -> float32 N x dimensions. `neighbours` of at least n_neighbors, else they are searched."""
    return fit(
        "PaCMAP",
        features,
        dimensions,
        seed,
        neighbours,
        progress,
        start,
        near=params.n_neighbors,
        steps=params.steps,
    )
