"""LocalMAP: PaCMAP that draws its further pairs nearby in the end, so that clusters part; keeps more neighbours.

Wang, Sun, Huang & Rudin (2025), AAAI 39. Pairs and first places are PaCMAP's, the layout is the workbench's own and
calls `progress` after every tenth step. The clearer gaps are the method's: that clusters part on the map says less than
the neighbours that are kept.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from ._base import Neighbours, Report, silent
from ._pacmap import Pairs, fit

TITLE = "LocalMAP"


class Params(Pairs):
    nearby: float = Field(10.0, gt=0, le=1_000, description="Distance on the map within which further pairs are drawn")


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
    return fit(features, params, dimensions, seed, neighbours, progress, start, params.nearby)
