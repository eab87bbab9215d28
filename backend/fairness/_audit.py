"""One model, one attribute: every metric of every group with its interval, and the tests for gaps.

Intervals: Wilson for proportions, DeLong on the logit scale for AUROC, bootstrap of the counts for means over
classes. Tests: permutation (backend/statistics/permutation.py). Two tests a metric: is there a gap at all (largest
minus smallest value), and does a group differ from all others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..statistics.bootstrap import disparity, spread
from ..statistics.multiplicity import holm
from ..statistics.permutation import share_as_large
from ..statistics.proportions import Interval, difference
from ._reading import Reading, Settings, intervals, metrics_for, read, resampled
from ._reference import disparities, point_values
from ._tables import MISSING, Groups, Predictions

PARITY = ("demographic_parity_difference", "demographic_parity_ratio", "equalised_odds_difference")
NO_GAP = ("max_min", "value_low", "value_high", "groups", "p", "p_holm")


def audit(
    predictions: Predictions,
    attribute: np.ndarray,
    settings: Settings,
    units: np.ndarray | None = None,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """The body of a `fairness` event but for arm and attribute; `adjust_gaps` completes it.

    attribute: strings (N,); units: labels (N,) of rows that belong together, or None; `tick` is called before each
    metric.
    """
    groups = Groups.of(attribute, settings.min_group, units)
    known_values = point_values(predictions, attribute)
    table = [_group(predictions, groups, g) for g in range(len(groups.names))]
    overall, gaps = {}, {}
    for metric, params in metrics_for(predictions):
        tick()
        reading = read(metric, params, predictions, groups, settings)
        everyone = Groups.of(np.full(len(attribute), "all"), 0, units)
        total = intervals(metric, params, predictions, everyone, settings).at(0)
        if metric.name in known_values:
            reading = _with_values(reading, known_values.loc[groups.names, metric.name].to_numpy())
            total = total._replace(value=known_values.loc["", metric.name])
        overall[metric.name] = total.as_dict()
        gaps[metric.name], against_rest = gap(reading, settings)
        for g, row in enumerate(table):
            row["metrics"][metric.name] = {
                **reading.interval.at(g).as_dict(),
                "trials": int(reading.trials[g]),
                "enough": bool(reading.comparable[g]),
                "versus_rest": against_rest[g],
            }
    _adjust_versus_rest(table)
    body = {"groups": table, "overall": overall, "gaps": gaps, **parity(predictions, attribute, groups, settings)}
    return {**body, "notes": notes(groups, settings)}


def gap(reading: Reading, settings: Settings) -> tuple[dict[str, Any], list[dict[str, float | None] | None]]:
    """(the metric's gap, each group's difference to the rest or None where too few to say)."""
    names, interval = reading.groups.names, reading.interval
    against_rest: list[dict[str, float | None] | None] = [None] * len(names)
    at = np.flatnonzero(reading.comparable)
    if len(at) < 2:
        return dict.fromkeys(NO_GAP), against_rest
    observed, permuted = reading.permuted(at, settings)
    p = share_as_large(_statistics(reading, observed), _statistics(reading, permuted))
    for k, g in enumerate(at):
        apart = difference(interval.at(g), _rest(reading, at, g, settings))
        against_rest[g] = {**apart.as_dict(), "p": p[1 + k], "p_holm": None}
    high, low = at[np.argmax(interval.value[at])], at[np.argmin(interval.value[at])]
    apart = difference(interval.at(high), interval.at(low))
    ends = {"max_min": float(apart.value), "value_low": float(apart.low), "value_high": float(apart.high)}
    return {**ends, "groups": [names[high], names[low]], "p": p[0], "p_holm": None}, against_rest


def parity(predictions: Predictions, attribute: np.ndarray, groups: Groups, settings: Settings) -> dict[str, Any]:
    """Fairlearn's demographic parity and equalised odds over the groups that are large enough, with intervals."""
    if predictions.positive is None or groups.enough.sum() < 2:
        return dict.fromkeys(PARITY)
    kept = groups.enough[groups.index]
    values = disparities(predictions.take(kept), attribute[kept])
    metrics = {metric.name: (metric, params) for metric, params in metrics_for(predictions)}

    def rates(counts: np.ndarray, *wanted: str) -> np.ndarray:
        """(..., M, G)"""
        found = [metrics[name][0].call(counts, metrics[name][1]).values for name in wanted]
        return np.stack(found, axis=-2)[..., groups.enough]

    params = metrics["tpr"][1]
    counts = predictions.counts(params, groups)
    drawn = resampled(predictions, params, groups, settings)
    selected, odds = rates(counts, "selection_rate"), rates(counts, "tpr", "fpr")
    selected_drawn, odds_drawn = rates(drawn, "selection_rate"), rates(drawn, "tpr", "fpr")
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = disparity(np.log(selected), np.log(selected_drawn))
    found = {
        "demographic_parity_difference": disparity(selected, selected_drawn),
        "demographic_parity_ratio": Interval(*(np.exp(-x) for x in (logs.value, logs.high, logs.low))),
        "equalised_odds_difference": disparity(odds, odds_drawn),
    }
    return {name: interval._replace(value=values[name]).as_dict() for name, interval in found.items()}


def adjust_gaps(bodies: list[dict[str, Any]]) -> None:
    """Fill in `p_holm` of one arm's gaps, over its attributes x metrics."""
    gaps = [gap for body in bodies for gap in body["gaps"].values()]
    for gap_, adjusted in zip(gaps, holm([g["p"] for g in gaps]), strict=True):
        gap_["p_holm"] = adjusted


def notes(groups: Groups, settings: Settings) -> list[str]:
    """What a reader must know beside the numbers."""
    small = [name for name, enough in zip(groups.names, groups.enough, strict=True) if not enough and name != MISSING]
    said = []
    if small:
        said.append(f"Too few to say (fewer than {settings.min_group} rows), shown but not tested: {', '.join(small)}.")
    if MISSING in groups.names:
        said.append("Rows whose attribute is missing are shown as a group of their own and not tested.")
    if groups.units is not None:
        said.append("Rows that belong together are resampled and exchanged together; intervals are widened for them.")
    said.append("The pair was chosen because its gap is the largest; the interval does not account for that choice.")
    return said


def _statistics(reading: Reading, counts: np.ndarray) -> np.ndarray:
    """(..., 1 + G): largest minus smallest group, then |group - all others|, from counts (..., G, ., .)."""
    values = reading.values(counts)
    rest = reading.values(counts.sum(-3, keepdims=True) - counts)
    return np.concatenate([spread(values)[..., None], np.abs(values - rest)], axis=-1)


def _rest(reading: Reading, at: np.ndarray, g: int, settings: Settings) -> Interval:
    """The interval of all comparable groups but `g` together."""
    others = np.isin(reading.groups.index, np.setdiff1d(at, g))
    units = None if reading.groups.units is None else reading.groups.units[others]
    together = Groups.of(np.full(others.sum(), "rest"), 0, units)
    return intervals(reading.plugin, reading.params, reading.predictions.take(others), together, settings).at(0)


def _with_values(reading: Reading, values: np.ndarray) -> Reading:
    known = np.where(reading.trials > 0, values, np.nan)
    return replace(reading, interval=reading.interval._replace(value=known))


def _group(predictions: Predictions, groups: Groups, g: int) -> dict[str, Any]:
    rows, positives = groups.index == g, None
    if predictions.positive is not None:
        positives = int((predictions.label[rows] == predictions.positive).sum())
    head = {"group": groups.names[g], "n": int(rows.sum()), "n_positive": positives, "enough": bool(groups.enough[g])}
    return {**head, "metrics": {}}


def _adjust_versus_rest(table: list[dict[str, Any]]) -> None:
    tests = [m["versus_rest"] for g in table for m in g["metrics"].values() if m["versus_rest"]]
    for test, adjusted in zip(tests, holm([t["p"] for t in tests]), strict=True):
        test["p_holm"] = adjusted
