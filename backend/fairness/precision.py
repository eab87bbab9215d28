"""Share of a group's rows predicted as positive that are positive; what predictive parity compares."""

from __future__ import annotations

import numpy as np

from ._rates import ByClass, Rates, chosen, correct, predicted_rows

TITLE, SHORT = "Alarms that are right (precision)", "precision"
WORSE = "is right {points} less often when it raises an alarm"
WHY = "the share of alarms that are right; it falls with the share of cases"
HAZARD = "An alarm in the group '{worse}' is right less often than one in '{better}'."


class Params(ByClass):
    given = "prediction"


def evaluate(counts: np.ndarray, params: Params) -> Rates:
    """P(true = c | predicted = c) per group, from counts (..., K, K)."""
    return Rates(chosen(correct(counts), params.positive), chosen(predicted_rows(counts), params.positive))
