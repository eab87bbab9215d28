"""Share of a group's negative rows that are flagged as positive (false alarms)."""

from __future__ import annotations

import numpy as np

from ._rates import ByClass, Rates, chosen, correct, predicted_rows, true_rows


class Params(ByClass):
    given = "label"


def evaluate(counts: np.ndarray, params: Params) -> Rates:
    """P(predicted = c | true is not c) per group, from counts (..., K, K)."""
    alarms = predicted_rows(counts) - correct(counts)
    others = counts.sum((-2, -1))[..., None] - true_rows(counts)
    return Rates(chosen(alarms, params.positive), chosen(others, params.positive))
