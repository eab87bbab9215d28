"""PaCMAP: near pairs, mid-near pairs and further pairs; keeps more of the whole than UMAP, at a fraction of its time.

Wang, Huang, Rudin & Shaposhnik (2021), JMLR 22:201. The near pairs come from the cosine neighbours that the workbench
computes anyway, the other pairs and the first places from the package pacmap; the layout is the workbench's own. It
calls `progress` itself after every tenth step, half a second at 100,000 points. The drawing of pairs before it, five
seconds there and more, is one call of the package that a stop waits for.
"""

from __future__ import annotations

import numpy as np

from ._base import Neighbours, Report, silent
from ._pacmap import Pairs, fit

TITLE = "PaCMAP"


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
    return fit(features, params, dimensions, seed, neighbours, progress, start)
