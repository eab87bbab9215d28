"""One metric on all groups of one attribute: its values, how far they can be trusted, and what to resample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..registry import Plugin, names, plugin
from ..statistics.bootstrap import Cells, hierarchical, percentile, resample_cells
from ..statistics.dependence import design_effect
from ..statistics.permutation import permuted_counts, permuted_units
from ..statistics.proportions import Interval
from ._rates import Metric, closed_form, support
from ._tables import Groups, Predictions

MIN_TRIALS = 10  # a rate of fewer trials than this is shown, but takes part in no test


@dataclass(frozen=True)
class Settings:
    min_group: int = 30
    resamples: int = 10_000
    permutations: int = 5_000
    seed: int = 0


@dataclass(frozen=True)
class Reading:
    """One metric on G groups.

    interval: of each group (G); trials: int (G), rows that the value rests on; comparable: bool (G), is tested.
    """

    plugin: Plugin
    params: Metric
    predictions: Predictions
    groups: Groups
    counts: np.ndarray
    interval: Interval
    trials: np.ndarray
    comparable: np.ndarray

    def values(self, counts: np.ndarray) -> np.ndarray:
        """counts (..., rows, columns) -> (...)"""
        return self.plugin.call(counts, self.params).values

    def permuted(self, at: np.ndarray, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
        """(observed (G', ., .), permuted (draws, G', ., .)) counts of the groups `at`, scores gathered into levels."""
        observed = self.predictions.counts(self.params, self.groups, exact=False)[at]
        given, draws, seed = self.params.given, settings.permutations, settings.seed
        if self.groups.units is None:
            return observed, permuted_counts(observed, given, draws, seed)
        kept = np.isin(self.groups.index, at)
        column, shape = self.predictions.columns(self.params, exact=False)
        group = np.searchsorted(at, self.groups.index[kept])
        units = self.groups.units[kept]
        return observed, permuted_units(column[kept], shape, group, len(at), units, given, draws, seed)


def metrics_for(predictions: Predictions) -> list[tuple[Plugin, Metric]]:
    """The registered metrics that this model allows, with their parameters.

    Without a positive class the selection rate is left out: averaged over classes it is the same for everyone.
    """
    found = []
    for name in names("fairness"):
        metric = plugin("fairness", name)
        has_class = "positive" in metric.params.model_fields
        params = metric.params(positive=predictions.positive) if has_class else metric.params()
        if predictions.can_tell(params) and not (name == "selection_rate" and predictions.positive is None):
            found.append((metric, params))
    return found


def read(metric: Plugin, params: Metric, predictions: Predictions, groups: Groups, settings: Settings) -> Reading:
    """One metric on every group."""
    counts = predictions.counts(params, groups)
    interval = intervals(metric, params, predictions, groups, settings)
    trials = support(counts, metric.call(counts, params), params)
    comparable = groups.enough & (trials >= MIN_TRIALS)
    return Reading(metric, params, predictions, groups, counts, interval, trials, comparable)


def intervals(metric: Plugin, params: Metric, predictions: Predictions, groups: Groups, settings: Settings) -> Interval:
    """Value and 95 % interval of every group (G); rows that belong together count for as many as they are worth."""
    counts = predictions.counts(params, groups)
    rates = metric.call(counts, params)
    effect = effects(metric, params, predictions, groups)
    interval = closed_form(counts, rates, params, effect)
    if interval is None:
        drawn = resampled(predictions, params, groups, settings)
        interval = percentile(rates.values, metric.call(drawn, params).values)
    return interval


def effects(metric: Plugin, params: Metric, predictions: Predictions, groups: Groups) -> np.ndarray:
    """(G,) design effect of the metric in every group; 1 where every row stands alone."""
    effect = np.ones(len(groups.names))
    if groups.units is not None:
        column, shape = predictions.columns(params, exact=False)
        for g in range(len(effect)):
            rows = groups.index == g
            effect[g] = design_effect(
                column[rows], groups.units[rows], shape, lambda counts: metric.call(counts, params).values
            )
    return effect


def resampled(predictions: Predictions, params: Metric, groups: Groups, settings: Settings) -> np.ndarray:
    """(resamples, G, rows, columns) bootstrap counts; rows that belong together are drawn together."""
    counts = predictions.counts(params, groups)
    if groups.units is None:
        return resample_cells(counts, settings.resamples, settings.seed)
    column, shape = predictions.columns(params)
    cells = groups.index * (shape[0] * shape[1]) + column
    chunks = hierarchical([Cells(cells[None], counts.size)], groups.units, settings.resamples, settings.seed)
    return np.concatenate([drawn[:, 0] for (drawn,) in chunks]).reshape(-1, *counts.shape)
