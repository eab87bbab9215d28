"""Spread of a group's errors: their standard deviation, how uncertain the model is beside its mean error."""

from __future__ import annotations

import numpy as np

from ._moments import Moments, ratio

TITLE = "Spread of the errors"
SHORT = "error spread"


class Params(Moments):
    positive_only = True
    of_a_variance = True


def evaluate(sums: np.ndarray, params: Params) -> np.ndarray:
    """(..., 4) -> (...), in the unit of the target."""
    n = sums[..., 0]
    left = sums[..., 3] - ratio(np.square(sums[..., 1]), n)
    return np.sqrt(np.maximum(ratio(left, n - 1), 0.0))
