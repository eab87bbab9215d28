"""Two ways of training a model of a number, one attribute: is a gap between groups wider after pretraining?

As _contrast.py does it for classes: the two groups that lie furthest apart in the mean of all models of both arms, the
same resampled rows and seeds for both arms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..registry import Plugin
from ..statistics.bootstrap import seed_weights
from ._contrast import Pairs, _as_gaps, _too_few, distinct, estimates, places_of, positions
from ._errors import evaluated, grouped, metrics_of_numbers, resampled
from ._reading import MIN_TRIALS, Settings
from ._tables import Groups


@dataclass(frozen=True)
class Gap:
    """One metric's difference between two groups under some of the models, as a statistic of sums.

    models: places of the 2S models of a pair, those of ssl first; high, low: places of the groups.
    """

    metric: Plugin
    models: list[int]
    high: int
    low: int

    def __call__(self, sums: np.ndarray) -> np.ndarray:
        """(..., M, G, 4) -> (..., 2, S)"""
        values = evaluated(self.metric, sums[..., self.models, :, :][..., [self.high, self.low], :])
        gap = values[..., 0] - values[..., 1]
        return gap.reshape(*gap.shape[:-1], 2, len(self.models) // 2)


def furthest_apart(observed: np.ndarray, at: np.ndarray, metric: Plugin, models: list[int]) -> Gap:
    """Of the groups `at` those with the largest and smallest mean over the models; observed: sums (M, G, 4)."""
    means = evaluated(metric, observed[models]).mean(0)[at]
    return Gap(metric, models, int(at[np.argmax(means)]), int(at[np.argmin(means)]))


def contrasts_errors(
    several: Sequence[Pairs], attribute: np.ndarray, settings: Settings, tick: Callable[[], None] = lambda: None
) -> list[dict[str, dict[str, Any]]]:
    """Of each of several pairs on the same rows, which are resampled once for all of them, what `_contrast.contrast`
    gives: {metric: {groups, ssl_gap, supervised_gap, difference, p, p_holm, decision}}."""
    groups, units = Groups.of(attribute, settings.min_group, several[0].units), several[0].units
    count, metrics = len(groups.names), metrics_of_numbers()
    at = np.flatnonzero(groups.enough & (np.bincount(groups.index, minlength=count) >= MIN_TRIALS))
    if len(at) < 2:
        return [{metric.name: _too_few() for metric in metrics} for _ in several]
    tick()
    models = distinct(several)
    sums = np.stack([model.sums for model in models])
    observed = np.stack([grouped(part, groups.index, count) for part in sums])
    gaps = [furthest_apart(observed, at, metric, places_of(pairs, models)) for pairs in several for metric in metrics]
    needed = sorted({g for gap in gaps for g in (gap.high, gap.low)})
    among = [replace(gap, high=needed.index(gap.high), low=needed.index(gap.low)) for gap in gaps]
    index = positions(np.array(needed), groups.index)
    samples: list[list[np.ndarray]] = [[] for _ in gaps]
    for drawn in resampled(sums, index, units, len(needed), settings):
        for kept, gap in zip(samples, among, strict=True):
            kept.append(gap(drawn))
    found: list[dict[str, dict[str, Any]]] = [{} for _ in several]
    for k, (gap, kept) in enumerate(zip(gaps, samples, strict=True)):
        pairs = several[k // len(metrics)]
        weights = seed_weights(pairs.seeds, settings.resamples, settings.seed + 1)
        told = estimates(gap(observed), np.concatenate(kept), weights)
        names = [groups.names[g] for g in (gap.high, gap.low)]
        found[k // len(metrics)][gap.metric.name] = {"groups": names, **_as_gaps(told)}
    return found
