"""What a ranking by score is worth where only some rows can be looked at: recall and precision of the rows with the
highest scores, false alarms at a given recall, average precision.

None of these is a mean over examples. They are given as contributions by their influence functions (Hampel 1974, JASA
69:383): one number an example, whose mean is the figure and whose spread is its sampling error, because an example
counts by itself and by moving the threshold (or the precision) of the others. `event` is bool N, `score` float N.
"""

from __future__ import annotations

import numpy as np


def flagged(score: np.ndarray, share: float) -> np.ndarray:
    """How far each row is among the `share` of the rows with the highest scores, float N in [0, 1]; at least one row
    is. Rows tied at the threshold share the alerts that are left."""
    alerts = max(1.0, share * len(score))
    at = np.sort(score)[::-1][int(np.ceil(alerts)) - 1]
    over, tied = score > at, score == at
    return over + tied * (alerts - over.sum()) / tied.sum()


def recall_at(event: np.ndarray, score: np.ndarray, share: float) -> np.ndarray:
    """Contributions to the share of the events among the `share` of the rows with the highest scores."""
    alarm = flagged(score, share)
    recall = float((alarm * event).sum() / event.sum())
    values = (event * (alarm - recall) - _moved(event, score, alarm)) / event.mean()
    return recall + values - values.mean()


def precision_at(event: np.ndarray, score: np.ndarray, share: float) -> np.ndarray:
    """Contributions to the share of events among the `share` of the rows with the highest scores."""
    alarm = flagged(score, share)
    return (event * alarm - _moved(event, score, alarm)) / alarm.mean()


def false_alarms_at(event: np.ndarray, score: np.ndarray, recall: float) -> np.ndarray:
    """Contributions to the false alarms a row where the threshold is such that `recall` of the events are found."""
    wanted = recall * event.sum()
    at = np.sort(score[event])[::-1][max(0, int(np.ceil(wanted - 1e-9)) - 1)]
    over, tied = score > at, score == at
    alarm = over + tied * (wanted - (over & event).sum()) / (tied & event).sum()
    rate = _rate_by_events(event, score, at)
    return alarm * ~event - (1 - rate) / rate * event * (alarm - recall)


def average_precision(event: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Contributions to the mean over the events of (events at or above) / (rows at or above), ties counting half."""
    n, share = len(event), event.mean()
    above, events_above = _at_or_above(score, np.ones(n)), _at_or_above(score, event.astype(np.float64))
    precision = events_above / above
    whole = precision[event].mean()
    # An example at score s changes the precision of every event at or below s: [event - precision] / rows above.
    weight = np.where(event, 1 / above, 0.0)
    below = _at_or_below(score, weight)
    moved = event * below - _at_or_below(score, weight * precision)
    own = np.where(event, (precision - whole) / share, 0.0)
    values = own + moved / share
    return whole + values - values.mean()


def _moved(event: np.ndarray, score: np.ndarray, alarm: np.ndarray) -> np.ndarray:
    """How many events each row drives out of the alerts by being among them itself: the share of events among the rows
    at the threshold, which move with it. Its mean is 0."""
    n = len(score)
    at = score[alarm > 0].min()
    near = np.argsort(np.abs(score - at), kind="stable")[: max(10, int(np.sqrt(n)))]
    return event[near].mean() * (alarm - alarm.mean())


def _rate_by_events(event: np.ndarray, score: np.ndarray, at: float) -> float:
    """The share of events among the rows around the threshold, of a width in ranks that holds the 2/3 power of all
    events: with their root the interval of a rare event's false alarms is too narrow."""
    rank = np.argsort(np.argsort(score, kind="stable"), kind="stable")
    away = np.abs(rank - np.median(rank[score == at]))
    events = np.sort(away[event])
    width = events[min(len(events), max(5, int(len(events) ** (2 / 3)))) - 1]
    return float(event[away <= width].mean())


def _at_or_above(score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Of each row the weight of all rows of a higher score, its own and half of those that tie with it."""
    values, at = np.unique(score, return_inverse=True)
    total = np.bincount(at, weight, minlength=len(values))
    return (total[::-1].cumsum()[::-1] - total)[at] + (total[at] - weight) / 2 + weight


def _at_or_below(score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Of each row the weight of all rows of a lower score, its own and half of those that tie with it."""
    return _at_or_above(-score, weight)
