"""PCA: the two or three directions along which the features vary most; linear, exact, no parameters to tune.

Pearson (1901). What a PCA map shows is a shadow: points apart on it are apart in truth, points together on it
need not be. Signs are fixed (the largest loading of a direction is positive), so that maps can be compared.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from ..registry import Strict
from ._base import Neighbours, Report, silent, unit_length

TITLE = "PCA"


class Params(Strict):
    unit_length: bool = Field(
        True, description="Scale every feature vector to length 1 first, so that the map and the cosine agree"
    )


def project(
    features: np.ndarray,
    params: Params,
    dimensions: int,
    seed: int = 0,
    neighbours: Neighbours | None = None,
    progress: Report = silent,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """float32 N x d -> float32 N x dimensions. Directions beyond d are zero; `start` has no effect."""
    vectors = unit_length(features) if params.unit_length else np.asarray(features, dtype=np.float32)
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    _, loadings = np.linalg.eigh(centred.T @ centred)
    leading = loadings[:, ::-1][:, :dimensions]
    strongest = np.abs(leading).argmax(axis=0)
    leading = leading * np.sign(leading[strongest, np.arange(leading.shape[1])])
    coordinates = np.zeros((len(vectors), dimensions), dtype=np.float32)
    coordinates[:, : leading.shape[1]] = centred @ leading
    progress(1, 1, "done")
    return coordinates
