"""Average precision, the area under the precision-recall curve, and what each example contributes to it."""

from __future__ import annotations

import numpy as np


def average_precision(event: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """One number a row whose mean is the average precision: over the events, the mean of (events at or above) / (rows
    at or above), ties counting half.

    event: bool N, both kinds present; chance: N, higher where an event is likelier. By the influence function (Hampel
    1974, JASA 69:383): what a row adds by itself, and by moving the precision of the others.
    """
    n, share = len(event), event.mean()
    above, events_above = _at_or_above(chance, np.ones(n)), _at_or_above(chance, event.astype(np.float64))
    precision = events_above / above
    whole = precision[event].mean()
    # An example at score s changes the precision of every event at or below s: [event - precision] / rows above.
    weight = np.where(event, 1 / above, 0.0)
    below = _at_or_below(chance, weight)
    moved = event * below - _at_or_below(chance, weight * precision)
    own = np.where(event, (precision - whole) / share, 0.0)
    values = own + moved / share
    return whole + values - values.mean()


def _at_or_above(score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Of each row the weight of all rows of a higher score, its own and half of those that tie with it."""
    values, at = np.unique(score, return_inverse=True)
    total = np.bincount(at, weight, minlength=len(values))
    return (total[::-1].cumsum()[::-1] - total)[at] + (total[at] - weight) / 2 + weight


def _at_or_below(score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Of each row the weight of all rows of a lower score, its own and half of those that tie with it."""
    return _at_or_above(-score, weight)
