"""Share of a group's (positive, negative) pairs that the score puts in the right order; needs no threshold."""

from __future__ import annotations

import numpy as np

from ._rates import Metric, Rates

TITLE, SHORT = "Order of scores (AUROC)", "AUROC"
WORSE = "orders cases and non-cases {points} less well"
PERCENT = False
WHY = (
    "how well scores order cases before non-cases; it needs no threshold and does not change with the share of cases, "
    "and says nothing about any one threshold"
)
HAZARD = "Scores tell cases in the group '{worse}' apart less well than in '{better}'."


class Params(Metric):
    reads = "scores"
    given = "label"


def evaluate(counts: np.ndarray, params: Params) -> Rates:
    """Mann-Whitney AUROC per group, from counts (..., 2, V) of negatives and positives at V ascending scores.

    hits: pairs in the right order, ties counted half; trials: all pairs.
    """
    negatives, positives = np.moveaxis(np.asarray(counts, np.float64), -2, 0)
    below = np.cumsum(negatives, -1) - negatives / 2
    hits = (positives * below).sum(-1)
    return Rates(hits[..., None], (positives.sum(-1) * negatives.sum(-1))[..., None])
