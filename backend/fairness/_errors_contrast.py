"""Two ways of training a model of a number, one attribute: is a gap between groups wider after pretraining?

As _contrast.py does it for classes: the two groups that lie furthest apart in the mean of all models of both arms, the
same resampled rows and seeds for both arms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..statistics.bootstrap import seed_weights
from ._contrast import Pairs, _as_gaps, _too_few, estimates
from ._errors import evaluated, grouped, metrics_of_numbers, resampled
from ._reading import MIN_TRIALS, Settings
from ._tables import Groups


def contrast_errors(
    pairs: Pairs, attribute: np.ndarray, settings: Settings, tick: Callable[[], None] = lambda: None
) -> dict[str, dict[str, Any]]:
    """{metric: {groups, ssl_gap, supervised_gap, difference, p, p_holm, decision}}, for `decide` to complete."""
    groups = Groups.of(attribute, settings.min_group, pairs.units)
    count, metrics = len(groups.names), metrics_of_numbers()
    sizes = np.bincount(groups.index, minlength=count)
    at = np.flatnonzero(groups.enough & (sizes >= MIN_TRIALS))
    if len(at) < 2:
        return {metric.name: _too_few() for metric in metrics}
    tick()
    sums = np.stack([model.sums for model in pairs.models])
    observed = np.stack([grouped(part, groups.index, count) for part in sums])
    drawn = resampled(sums, groups.index, pairs.units, count, settings)
    weights = seed_weights(pairs.seeds, settings.resamples, settings.seed + 1)
    found = {}
    for metric in metrics:
        means = evaluated(metric, observed).mean(0)[at]
        high, low = at[np.argmax(means)], at[np.argmin(means)]

        def apart(values: np.ndarray, high: int = high, low: int = low) -> np.ndarray:
            """(..., 2S, G) -> (..., 2, S)"""
            gap = values[..., high] - values[..., low]
            return gap.reshape(*gap.shape[:-1], 2, len(pairs.seeds))

        told = estimates(apart(evaluated(metric, observed)), apart(evaluated(metric, drawn)), weights)
        found[metric.name] = {"groups": [groups.names[high], groups.names[low]], **_as_gaps(told)}
    return found
