"""Estimates that probes share: a share, a mean, a correlation, each over items that may belong together.

Sentences made from one template, or about one occupation, err together: what belongs together is a unit, and an
interval speaks of new units, not only of new sentences.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import stats

from ..statistics.paired import collapse_groups
from ..statistics.proportions import wilson
from ._base import Estimate

NOTHING = Estimate(None, None, None, None, 0)


def share(hits: np.ndarray, units: np.ndarray, null: float | None = 0.5) -> Estimate:
    """Share of hits with Wilson's interval, its trials reduced by the design effect of the units.

    hits: bool N; units: N labels. p: the score test against `null` that the interval inverts to, two-sided; None
    without a null. The design effect is the variance of the share over whole units relative to that of independent
    items (Kish 1965, Survey Sampling, ch. 8.2), at least 1.
    """
    hits = np.asarray(hits, dtype=np.float64)
    n = len(hits)
    if not n:
        return NOTHING
    value = hits.mean()
    trials = n / _effect(hits - value, units)
    found = wilson(value * trials, trials)
    p = None
    if null is not None:
        p = float(2 * stats.norm.sf(abs(value - null) / np.sqrt(null * (1 - null) / trials)))
    return Estimate(float(value), float(found.low), float(found.high), p, n)


def _effect(errors: np.ndarray, units: np.ndarray) -> float:
    """Design effect of units on a mean; errors: N, with mean 0.

    Where all items agree nothing can be told of it, and a unit counts as one item.
    """
    _, unit = np.unique(np.asarray(units, dtype=str), return_inverse=True)
    totals, n = np.bincount(unit, weights=errors), len(errors)
    independent = np.square(errors).sum() * n / max(1, n - 1)
    if independent == 0 or len(totals) < 2:
        return n / len(totals)
    return max(1.0, float(np.square(totals).sum() * len(totals) / (len(totals) - 1) / independent))


def mean(values: np.ndarray, units: np.ndarray | None = None, null: float = 0.0) -> Estimate:
    """Mean with Student's interval over units (N labels, the items themselves unless given); p against `null`."""
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    if not n:
        return NOTHING
    value = float(values.mean())
    apart = values if units is None else collapse_groups(values, np.asarray(units, dtype=str))
    if len(apart) < 2:
        return Estimate(value, None, None, None, n)
    error = apart.std(ddof=1) / np.sqrt(len(apart))
    if error == 0:
        return Estimate(value, value, value, None, n)
    half = float(stats.t.ppf(0.975, len(apart) - 1) * error)
    p = float(2 * stats.t.sf(abs(value - null) / error, len(apart) - 1))
    return Estimate(value, value - half, value + half, p, n)


def difference(a: np.ndarray, b: np.ndarray) -> Estimate:
    """Mean of a less mean of b, two independent samples: Welch's interval and test."""
    if min(len(a), len(b)) < 2 or np.ptp(a) + np.ptp(b) == 0:
        return NOTHING
    found = stats.ttest_ind(a, b, equal_var=False)
    low, high = found.confidence_interval()
    return Estimate(float(np.mean(a) - np.mean(b)), float(low), float(high), float(found.pvalue), len(a) + len(b))


def correlation(x: np.ndarray, y: np.ndarray) -> Estimate:
    """Pearson's correlation with Fisher's interval and Student's test."""
    if len(x) < 4 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return NOTHING
    found = stats.pearsonr(x, y)
    low, high = found.confidence_interval()
    return Estimate(float(found.statistic), float(low), float(high), float(found.pvalue), len(x))


def untested(found: Estimate) -> Estimate:
    """The estimate without its test: the neutral value is not what it would be without bias."""
    return replace(found, p=None)
