"""Spread of a group's errors: their standard deviation, how uncertain the model is beside its mean error."""

from __future__ import annotations

import numpy as np

from ._moments import Moments, ratio

TITLE, SHORT = "Spread of the errors (standard deviation)", "spread of the errors"
WORSE, HIGH_IS_WORSE = "has errors that spread {points} wider", True
WHY = "how uncertain predictions are beside their mean error; large single errors count most"
HAZARD = "Predictions for the group '{worse}' are less certain than for '{better}'."


class Params(Moments):
    positive_only = True
    of_a_variance = True


def evaluate(sums: np.ndarray, params: Params) -> np.ndarray:
    """(..., 4) -> (...), in the unit of the target."""
    n = sums[..., 0]
    left = sums[..., 3] - ratio(np.square(sums[..., 1]), n)
    return np.sqrt(np.maximum(ratio(left, n - 1), 0.0))
