"""Mean error of a group: above 0 the model says too much, below 0 too little."""

from __future__ import annotations

import numpy as np

from ._moments import Moments, ratio

TITLE = "Mean error"
SHORT = "mean error"


class Params(Moments):
    pass


def evaluate(sums: np.ndarray, params: Params) -> np.ndarray:
    """(..., 4) -> (...), in the unit of the target."""
    return ratio(sums[..., 1], sums[..., 0])
