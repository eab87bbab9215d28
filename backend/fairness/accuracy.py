"""Share of a group's rows that are predicted correctly."""

from __future__ import annotations

import numpy as np

from ._rates import Metric, Rates, correct

TITLE, SHORT = "Right answers (accuracy)", "accuracy"
WORSE, NEEDS_POSITIVE = "is right {points} less often", False
WHY = "the share of right answers; it weighs every example alike, so a rare class counts little"
HAZARD = "The model is wrong more often in the group '{worse}' than in '{better}'."


class Params(Metric):
    given = "nothing"


def evaluate(counts: np.ndarray, params: Params) -> Rates:
    """P(predicted = true) per group, from counts (..., K, K)."""
    return Rates(correct(counts).sum(-1)[..., None], counts.sum((-2, -1))[..., None])
