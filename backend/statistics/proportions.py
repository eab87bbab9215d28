"""Intervals for rates, for AUROC and for the difference of two independent ones.

All functions take arrays and broadcast; where nothing was tried the result is NaN, never an error.

wilson         score interval of a proportion: Wilson (1927), JASA 22:209
auroc          DeLong's variance on the logit scale (Pepe 2003, The Statistical Evaluation of Medical Tests, ch. 5.2).
               Beside Newcombe's (2006) score interval it covers better where the classes differ in size and spread:
               tests/benchmarks/interval_coverage.md
difference     square-and-add: Newcombe (1998), Statistics in Medicine 17:873, method 10 when both are Wilson
               intervals; Zou & Donner (2008), Statistics in Medicine 27:1693, for any two independent intervals
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, logit, ndtri


class Interval(NamedTuple):
    """An estimate and the ends of its confidence interval: arrays of one shape."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def at(self, index: Any) -> Interval:
        return Interval(self.value[index], self.low[index], self.high[index])

    def as_dict(self) -> dict[str, float | None]:
        """{"value", "low", "high"} of a scalar interval, as events carry it: None where not computable."""
        return {name: float(x) if np.isfinite(x) else None for name, x in self._asdict().items()}


def ratio(hits: np.ndarray, trials: np.ndarray) -> np.ndarray:
    """hits / trials as float64, NaN where there are no trials."""
    hits, trials = np.broadcast_arrays(np.asarray(hits, np.float64), np.asarray(trials, np.float64))
    return np.divide(hits, trials, out=np.full(trials.shape, np.nan), where=trials > 0)


def z_score(level: float) -> float:
    """Half-width of a two-sided normal interval in standard errors: 1.96 for 0.95."""
    return float(ndtri((1 + level) / 2))


def wilson(hits: np.ndarray, trials: np.ndarray, level: float = 0.95) -> Interval:
    """Score interval of hits / trials."""
    z2 = z_score(level) ** 2
    hits, trials = np.asarray(hits, np.float64), np.asarray(trials, np.float64)
    value = ratio(hits, trials)
    centre = ratio(hits + z2 / 2, np.where(trials > 0, trials + z2, 0))
    half = ratio(np.sqrt(z2 * (trials * value * (1 - value) + z2 / 4)), trials + z2)
    return Interval(value, np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1))


def auroc(counts: np.ndarray, effect: np.ndarray | float = 1.0, level: float = 0.95) -> Interval:
    """AUROC and its interval on the logit scale.

    counts: (..., 2, V), how many negatives (row 0) and positives (row 1) have each of V ascending scores;
    effect: (...), the design effect of dependent rows (backend/statistics/dependence.py), 1 for independent ones.
    At an AUROC of 0 or 1 the variance is 0; the interval is then Wilson's with the smaller class as the trials.
    """
    counts = np.asarray(counts, np.float64)
    negatives, positives = counts[..., 0, :], counts[..., 1, :]
    n, m = negatives.sum(-1), positives.sum(-1)
    below = np.cumsum(negatives, -1) - negatives / 2
    value = ratio((positives * below).sum(-1), n * m)
    inside = np.clip(value, 1e-12, 1 - 1e-12)
    half = z_score(level) * np.sqrt(delong_variance(counts) * effect) / (inside * (1 - inside))
    at_the_end = wilson(value * np.minimum(m, n) / effect, np.minimum(m, n) / effect, level)
    flat = (value <= 0) | (value >= 1)
    low = np.where(flat, at_the_end.low, expit(logit(inside) - half))
    return Interval(value, low, np.where(flat, at_the_end.high, expit(logit(inside) + half)))


def delong_variance(counts: np.ndarray) -> np.ndarray:
    """Variance of an AUROC, DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44:837; counts as in `auroc`."""
    negatives, positives = np.moveaxis(np.asarray(counts, np.float64), -2, 0)
    n, m = negatives.sum(-1), positives.sum(-1)
    beaten = ratio(np.cumsum(negatives, -1) - negatives / 2, n[..., None])
    beaten_by = ratio(m[..., None] - np.cumsum(positives, -1) + positives / 2, m[..., None])

    def spread(placements: np.ndarray, weights: np.ndarray, total: np.ndarray) -> np.ndarray:
        mean = ratio((weights * placements).sum(-1), total)
        return ratio((weights * np.square(placements - mean[..., None])).sum(-1), total * (total - 1))

    return spread(beaten, positives, m) + spread(beaten_by, negatives, n)


def difference(a: Interval, b: Interval) -> Interval:
    """Interval of a - b from the intervals of two independent estimates."""
    value = a.value - b.value
    return Interval(
        value,
        value - np.hypot(a.value - a.low, b.high - b.value),
        value + np.hypot(a.high - a.value, b.value - b.low),
    )


def newcombe(
    hits_a: np.ndarray, trials_a: np.ndarray, hits_b: np.ndarray, trials_b: np.ndarray, level: float = 0.95
) -> Interval:
    """Interval of the difference of two independent proportions, a - b."""
    return difference(wilson(hits_a, trials_a, level), wilson(hits_b, trials_b, level))
