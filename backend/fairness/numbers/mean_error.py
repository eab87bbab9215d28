"""Mean error of a group: above 0 the model says too much, below 0 too little."""

from __future__ import annotations

import numpy as np

from ._moments import Moments, ratio

TITLE, SHORT = "Mean error", "mean error"
WORSE, HIGH_IS_WORSE = "errs {points} further upwards", True
WHY = "how far predictions lie above the truth on average (below 0: below it); errors both ways cancel out"
HAZARD = "Predictions for the group '{worse}' lie further above the truth than for '{better}'."


class Params(Moments):
    pass


def evaluate(sums: np.ndarray, params: Params) -> np.ndarray:
    """(..., 4) -> (...), in the unit of the target."""
    return ratio(sums[..., 1], sums[..., 0])
