"""Mean absolute error of a group: how far the model is off, whichever way."""

from __future__ import annotations

import numpy as np

from ._moments import Moments, ratio

TITLE = "Mean absolute error"
SHORT = "absolute error"


class Params(Moments):
    positive_only = True


def evaluate(sums: np.ndarray, params: Params) -> np.ndarray:
    """(..., 4) -> (...), in the unit of the target."""
    return ratio(sums[..., 2], sums[..., 0])
