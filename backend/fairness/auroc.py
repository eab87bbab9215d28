"""Share of a group's (positive, negative) pairs that the score puts in the right order; needs no threshold."""

from __future__ import annotations

import numpy as np

from ._rates import Metric, Rates


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
