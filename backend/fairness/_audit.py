"""One model, one attribute: every metric of every group with its interval, and the tests for gaps.

Intervals: Wilson for proportions, Newcombe's score interval for AUROC, bootstrap of the counts for means over
classes. Tests: permutation (backend/statistics/permutation.py). Two tests a metric: is there a gap at all (largest
minus smallest value), and does a group differ from all others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..registry import Plugin, names, plugin
from ..statistics.bootstrap import percentile, reflected, resample_cells
from ..statistics.multiplicity import holm
from ..statistics.permutation import permuted_counts, share_as_large, spread
from ..statistics.proportions import Interval, difference
from ._rates import Metric, Rates, closed_form, support
from ._reference import disparities, point_values
from ._tables import Predictions, group_names

MISSING = "missing"
MIN_TRIALS = 10  # a rate of fewer trials than this is shown, but takes part in no test


@dataclass(frozen=True)
class Settings:
    min_group: int = 30
    resamples: int = 10_000
    permutations: int = 5_000
    seed: int = 0


@dataclass(frozen=True)
class Reading:
    """One metric on all groups: counts (G, ., .), rates (G), intervals (G), and which groups can be compared."""

    plugin: Plugin
    params: Metric
    counts: np.ndarray
    coarse: np.ndarray
    rates: Rates
    interval: Interval
    trials: np.ndarray
    comparable: np.ndarray

    def values(self, counts: np.ndarray) -> np.ndarray:
        return self.plugin.call(counts, self.params).values


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


def audit(
    predictions: Predictions, attribute: np.ndarray, settings: Settings, tick: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """The body of a `fairness` event but for arm, attribute and Holm over attributes (`adjust_gaps`).

    attribute: strings (N,); `tick` is called before every metric.
    """
    group_of, index = group_names(attribute)
    sizes = np.bincount(index, minlength=len(group_of))
    enough = (sizes >= settings.min_group) & (np.array(group_of) != MISSING)
    fairlearns = point_values(predictions, attribute)
    groups = [_group(predictions, index == g, name, bool(enough[g])) for g, name in enumerate(group_of)]
    overall, gaps = {}, {}
    for metric, params in metrics_for(predictions):
        tick()
        reading = read(metric, params, predictions, index, enough, settings)
        total = _overall(reading, settings)
        if metric.name in fairlearns:
            reading = _with_values(reading, fairlearns.loc[group_of, metric.name].to_numpy())
            total = total._replace(value=fairlearns.loc["", metric.name])
        overall[metric.name] = total.as_dict()
        gaps[metric.name], against_rest = gap(reading, group_of, settings)
        for g, body in enumerate(groups):
            body["metrics"][metric.name] = {
                **reading.interval.at(g).as_dict(),
                "trials": int(reading.trials[g]),
                "enough": bool(reading.comparable[g]),
                "versus_rest": against_rest[g],
            }
    _adjust_versus_rest(groups)
    return {
        "groups": groups,
        "overall": overall,
        "gaps": gaps,
        **parity(predictions, attribute, index, enough, settings),
        "notes": notes(groups, settings),
    }


def read(
    metric: Plugin, params: Metric, predictions: Predictions, index: np.ndarray, enough: np.ndarray, settings: Settings
) -> Reading:
    """One metric on every group; index: int (N,), enough: bool (G,)."""
    counts = predictions.counts(params, index, len(enough))
    coarse = predictions.counts(params, index, len(enough), exact=False)
    rates = metric.call(counts, params)
    interval = closed_form(counts, rates, params)
    if interval is None:
        samples = metric.call(resample_cells(counts, settings.resamples, settings.seed), params).values
        interval = percentile(rates.values, samples)
    trials = support(counts, rates, params)
    return Reading(metric, params, counts, coarse, rates, interval, trials, enough & (trials >= MIN_TRIALS))


def gap(
    reading: Reading, group_of: list[str], settings: Settings
) -> tuple[dict[str, Any], list[dict[str, float | None] | None]]:
    """(the metric's gap, each group's difference to the rest or None where too few to say)."""
    at = np.flatnonzero(reading.comparable)
    against_rest: list[dict[str, float | None] | None] = [None] * len(group_of)
    if len(at) < 2:
        return dict.fromkeys(("max_min", "value_low", "value_high", "groups", "p", "p_holm")), against_rest
    null = permuted_counts(reading.coarse[at], reading.params.given, settings.permutations, settings.seed)
    p = share_as_large(_statistics(reading, reading.coarse[at]), _statistics(reading, null))
    rest = _rest(reading, at)
    for k, g in enumerate(at):
        against_rest[g] = {**difference(reading.interval.at(g), rest.at(k)).as_dict(), "p": p[1 + k], "p_holm": None}
    high, low = at[np.argmax(reading.interval.value[at])], at[np.argmin(reading.interval.value[at])]
    apart = difference(reading.interval.at(high), reading.interval.at(low))
    return {
        "max_min": float(apart.value),
        "value_low": float(apart.low),
        "value_high": float(apart.high),
        "groups": [group_of[high], group_of[low]],
        "p": p[0],
        "p_holm": None,
    }, against_rest


def parity(
    predictions: Predictions, attribute: np.ndarray, index: np.ndarray, enough: np.ndarray, settings: Settings
) -> dict[str, Any]:
    """Fairlearn's demographic parity and equalised odds over the groups that are large enough, with intervals."""
    empty = {"demographic_parity_difference": None, "demographic_parity_ratio": None, "equalised_odds_difference": None}
    if predictions.positive is None or enough.sum() < 2:
        return empty
    kept = enough[index]
    values = disparities(predictions.take(kept), attribute[kept])
    metrics = {metric.name: (metric, params) for metric, params in metrics_for(predictions)}

    def rate(name: str, counts: np.ndarray) -> np.ndarray:
        metric, params = metrics[name]
        return metric.call(counts, params).values

    counts = predictions.counts(metrics["tpr"][1], index, len(enough))[enough]
    drawn = resample_cells(counts, settings.resamples, settings.seed)
    selected = rate("selection_rate", drawn)
    odds = np.fmax(spread(rate("tpr", drawn)), spread(rate("fpr", drawn)))
    smallest, largest = selected.min(-1), selected.max(-1)
    ratios = np.divide(smallest, largest, out=np.full(len(drawn), np.nan), where=largest > 0)
    intervals = {
        "demographic_parity_difference": reflected(values["demographic_parity_difference"], spread(selected)),
        "demographic_parity_ratio": percentile(values["demographic_parity_ratio"], ratios),
        "equalised_odds_difference": reflected(values["equalised_odds_difference"], odds),
    }
    return {name: interval.as_dict() for name, interval in intervals.items()}


def adjust_gaps(bodies: list[dict[str, Any]]) -> None:
    """Fill in `p_holm` of one arm's gaps, over its attributes x metrics."""
    gaps = [gap for body in bodies for gap in body["gaps"].values()]
    for gap_, adjusted in zip(gaps, holm([g["p"] for g in gaps]), strict=True):
        gap_["p_holm"] = adjusted


def notes(groups: list[dict[str, Any]], settings: Settings) -> list[str]:
    """What a reader must know beside the numbers."""
    small = [g["group"] for g in groups if not g["enough"] and g["group"] != MISSING]
    said = []
    if small:
        said.append(f"Too few to say (fewer than {settings.min_group} rows), shown but not tested: {', '.join(small)}.")
    if any(g["group"] == MISSING for g in groups):
        said.append("Rows whose attribute is missing are shown as a group of their own and not tested.")
    said.append("The pair with the largest gap was picked because it is the largest; its interval does not know that.")
    return said


def _statistics(reading: Reading, counts: np.ndarray) -> np.ndarray:
    """(..., 1 + G): largest minus smallest group, then |group - all others|, from counts (..., G, ., .)."""
    values = reading.values(counts)
    rest = reading.values(counts.sum(-3, keepdims=True) - counts)
    return np.concatenate([spread(values)[..., None], np.abs(values - rest)], axis=-1)


def _rest(reading: Reading, at: np.ndarray) -> Interval:
    """For each comparable group, the interval of all other comparable groups together."""
    counts = reading.counts[at]
    rest = counts.sum(0, keepdims=True) - counts
    rates = reading.plugin.call(rest, reading.params)
    interval = closed_form(rest, rates, reading.params)
    return interval or Interval(*np.full((3, len(at)), np.nan))


def _overall(reading: Reading, settings: Settings) -> Interval:
    counts = reading.counts.sum(0, keepdims=True)
    rates = reading.plugin.call(counts, reading.params)
    interval = closed_form(counts, rates, reading.params)
    if interval is None:
        samples = reading.plugin.call(resample_cells(counts, settings.resamples, settings.seed), reading.params).values
        interval = percentile(rates.values, samples)
    return interval.at(0)


def _with_values(reading: Reading, values: np.ndarray) -> Reading:
    known = np.where(reading.trials > 0, values, np.nan)
    return Reading(**{**reading.__dict__, "interval": reading.interval._replace(value=known)})


def _group(predictions: Predictions, rows: np.ndarray, name: str, enough: bool) -> dict[str, Any]:
    positives = None
    if predictions.positive is not None:
        positives = int((predictions.label[rows] == predictions.positive).sum())
    return {"group": name, "n": int(rows.sum()), "n_positive": positives, "enough": enough, "metrics": {}}


def _adjust_versus_rest(groups: list[dict[str, Any]]) -> None:
    tests = [m["versus_rest"] for g in groups for m in g["metrics"].values() if m["versus_rest"]]
    for test, adjusted in zip(tests, holm([t["p"] for t in tests]), strict=True):
        test["p_holm"] = adjusted
