"""Share of a group's rows that are predicted as the positive class; what demographic parity compares."""

from __future__ import annotations

import numpy as np

from ._rates import ByClass, Rates, chosen, predicted_rows

TITLE, SHORT = "Predicted positive (selection rate)", "selection rate"
WORSE = "predicts {positive} {points} less often"
WHY = "the share that is predicted positive, right or wrong: equal treatment in outcomes"
HAZARD = "The group '{worse}' is predicted positive less often than '{better}', rightly or not."


class Params(ByClass):
    given = "nothing"


def evaluate(counts: np.ndarray, params: Params) -> Rates:
    """P(predicted = c) per group, from counts (..., K, K). Averaged over classes it is always 1 / K."""
    hits = chosen(predicted_rows(counts), params.positive)
    return Rates(hits, np.broadcast_to(counts.sum((-2, -1))[..., None], hits.shape))
