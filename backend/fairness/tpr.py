"""Share of a group's positive rows that are found (sensitivity, recall); what equal opportunity compares."""

from __future__ import annotations

import numpy as np

from ._rates import ByClass, Rates, chosen, correct, true_rows


class Params(ByClass):
    given = "label"


def evaluate(counts: np.ndarray, params: Params) -> Rates:
    """P(predicted = c | true = c) per group, from counts (..., K, K)."""
    return Rates(chosen(correct(counts), params.positive), chosen(true_rows(counts), params.positive))
