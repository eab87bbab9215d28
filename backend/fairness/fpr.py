"""Share of a group's negative rows that are flagged as positive (false alarms)."""

from __future__ import annotations

import numpy as np

from ._rates import ByClass, Rates, chosen, correct, predicted_rows, true_rows

TITLE, SHORT = "False alarms (FPR)", "FPR"
WORSE = "raises {points} more false alarms"
HIGH_IS_WORSE = True
WHY = "the share of non-cases that raise an alarm: what a false alarm costs shows here"
HAZARD = "The group '{worse}' gets false alarms more often than '{better}'."


class Params(ByClass):
    given = "label"


def evaluate(counts: np.ndarray, params: Params) -> Rates:
    """P(predicted = c | true is not c) per group, from counts (..., K, K)."""
    alarms = predicted_rows(counts) - correct(counts)
    others = counts.sum((-2, -1))[..., None] - true_rows(counts)
    return Rates(chosen(alarms, params.positive), chosen(others, params.positive))
