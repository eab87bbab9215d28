"""How a model's answer changes with one of its inputs: accumulated local effects and effects of values, with intervals.

Accumulated local effects: Apley & Zhu (2020), JRSS B 82:1059. The input is moved only within the bin of its own value,
so that no row is asked about that the data do not hold; a partial dependence would ask about them. Intervals:
percentile bootstrap over rows (or over what belongs together), pointwise. They say how far the rows decide the curve of
this one model; not what another training would give.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RESAMPLES = 500


class Curve(NamedTuple):
    """float64 K each: the effect at K places, and the ends of its pointwise 95 % interval."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def as_dicts(self) -> list[dict[str, float]]:
        each = zip(*(column.tolist() for column in self), strict=True)
        return [dict(zip(("value", "low", "high"), one, strict=True)) for one in each]


def edges_of(values: np.ndarray, bins: int) -> np.ndarray:
    """The ends of at most `bins` bins that hold about equally many of the values: ascending, different, float64."""
    return np.unique(
        np.quantile(np.asarray(values, dtype=np.float64), np.linspace(0, 1, bins + 1), method="inverted_cdf")
    )


def bin_of(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """int64 N, from 0: the bin of each value; the lowest edge belongs to the first."""
    return np.clip(np.searchsorted(edges, values, side="left") - 1, 0, max(0, len(edges) - 2))


def accumulated(
    change: np.ndarray, bins: np.ndarray, count: int, units: np.ndarray | None = None, seed: int = 0
) -> Curve:
    """The effect at the count + 1 edges of the bins, of mean 0 over the rows.

    change: float N, by how much the answer changes from the lower to the upper end of a row's bin; bins: int64 N;
    units: what belongs together, N.
    """
    inside = np.eye(count)[bins]
    weight = np.concatenate([np.ones((1, len(change))), _weights(len(change), units, seed)])
    rows, total = weight @ inside, weight @ (inside * change[:, None])
    own = total[0] / np.maximum(rows[0], 1)
    mean = np.where(rows > 0, total / np.maximum(rows, 1e-12), own)
    at = np.concatenate([np.zeros((len(mean), 1)), np.cumsum(mean, axis=1)], axis=1)
    middle = (at[:, :-1] + at[:, 1:]) / 2
    return _curve(at - (rows * middle).sum(axis=1, keepdims=True) / rows.sum(axis=1, keepdims=True))


def by_value(answers: np.ndarray, own: np.ndarray, units: np.ndarray | None = None, seed: int = 0) -> Curve:
    """The mean answer with each of V values in every row, less their mean weighted by how frequent the values are.

    answers: float N x V; own: int64 N, the value that a row has, -1 for none of these.
    """
    there = np.eye(answers.shape[1] + 1)[own][:, :-1]
    weight = np.concatenate([np.ones((1, len(answers))), _weights(len(answers), units, seed)])
    mean = weight @ answers / weight.sum(axis=1, keepdims=True)
    counts = weight @ there
    counts = np.where(counts.sum(axis=1, keepdims=True) > 0, counts, 1)
    return _curve(mean - (counts * mean).sum(axis=1, keepdims=True) / counts.sum(axis=1, keepdims=True))


def mean(values: np.ndarray, units: np.ndarray | None = None, seed: int = 0) -> Curve:
    """The mean of float N, as a curve of one place."""
    weight = np.concatenate([np.ones((1, len(values))), _weights(len(values), units, seed)])
    return _curve((weight @ values / weight.sum(axis=1))[:, None])


def _weights(count: int, units: np.ndarray | None, seed: int) -> np.ndarray:
    """float64 RESAMPLES x N: how often each row is drawn, what belongs together together."""
    which = np.arange(count) if units is None else np.unique(units, return_inverse=True)[1]
    drawn = int(which.max(initial=0)) + 1
    rng = np.random.default_rng(seed)
    return rng.multinomial(drawn, np.full(drawn, 1 / drawn), size=RESAMPLES)[:, which].astype(np.float64)


def _curve(found: np.ndarray) -> Curve:
    """found: the estimate, then its resamples"""
    low, high = np.quantile(found[1:], (0.025, 0.975), axis=0)
    return Curve(found[0], low, high)
