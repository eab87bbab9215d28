"""Share of a group's positive rows that are found (sensitivity, recall); what equal opportunity compares."""

from __future__ import annotations

import numpy as np

from ._rates import ByClass, Rates, chosen, correct, true_rows

TITLE, SHORT = "Cases found (TPR)", "TPR"
WORSE = "finds {points} fewer cases"
WHY = "the share of cases that are found: what a missed case costs shows here"
HAZARD = "Cases in the group '{worse}' are missed more often than in '{better}'."


class Params(ByClass):
    given = "label"


def evaluate(counts: np.ndarray, params: Params) -> Rates:
    """P(predicted = c | true = c) per group, from counts (..., K, K)."""
    return Rates(chosen(correct(counts), params.positive), chosen(true_rows(counts), params.positive))
