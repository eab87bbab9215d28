"""Mean absolute error of a group: how far the model is off, whichever way."""

from __future__ import annotations

import numpy as np

from ._moments import Moments, ratio

TITLE, SHORT = "Mean absolute error", "absolute error"
WORSE, HIGH_IS_WORSE = "is off by {points} more", True
WHY = "how far predictions are off, whichever way; it does not say which way"
HAZARD = "Predictions for the group '{worse}' are further off than for '{better}'."


class Params(Moments):
    positive_only = True


def evaluate(sums: np.ndarray, params: Params) -> np.ndarray:
    """(..., 4) -> (...), in the unit of the target."""
    return ratio(sums[..., 2], sums[..., 0])
