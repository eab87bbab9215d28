"""Share of a group's rows that are predicted correctly."""

from __future__ import annotations

import numpy as np

from ._rates import Metric, Rates, correct


class Params(Metric):
    given = "nothing"


def evaluate(counts: np.ndarray, params: Params) -> Rates:
    """P(predicted = true) per group, from counts (..., K, K)."""
    return Rates(correct(counts).sum(-1)[..., None], counts.sum((-2, -1))[..., None])
