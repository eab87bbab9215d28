"""From scored cells to the study's verdict: pure numbers, no side effects."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from ..statistics.decisions import judge
from ..statistics.isotonic import label_efficiency
from ..statistics.paired import Estimate, collapse_groups, crossed_mean
from ..targets import CLASS
from ..targets import target as target_of
from ..targets._metric import Metric

HEADLINE_BASELINE = "scratch_aug"
NOT_PRETRAINED = ("scratch_aug", "scratch_plain", "random", "classical")  # "reference" was pretrained by others

Validation = dict[tuple[str, str, float], float]  # {(arm, method, fraction): mean metric, higher is better}
# contributions(arm, method, fraction) -> S x P x N, what every test example adds to the metric in every cell
Contributions = Callable[[str, str, float], np.ndarray]


def best_methods(validation: Validation) -> dict[tuple[str, float], str]:
    """{(arm, fraction): method} by the mean validation metric; the first named of equals."""
    best: dict[tuple[str, float], tuple[float, str]] = {}
    for (arm, method, fraction), value in validation.items():
        if (arm, fraction) not in best or value > best[arm, fraction][0]:
            best[arm, fraction] = value, method
    return {place: method for place, (_, method) in best.items()}


def strongest_rivals(validation: Validation) -> dict[float, tuple[str, str]]:
    """{fraction: (arm, method)}: the best on validation of all that saw no pretraining; the first named of equals."""
    best: dict[float, tuple[float, tuple[str, str]]] = {}
    for (arm, method, fraction), value in validation.items():
        if arm in NOT_PRETRAINED and (fraction not in best or value > best[fraction][0]):
            best[fraction] = value, (arm, method)
    return {fraction: rival for fraction, (_, rival) in best.items()}


def best_without(validation: Validation, without: dict[str, tuple[str, ...]]) -> dict[str, dict[float, str]]:
    """{method of the pretrained arm: {fraction: method of arm "classical"}}: what is the same but for the encoder, the
    best of it on validation. without: {method: methods}, those that were not studied are passed over."""
    found: dict[str, dict[float, str]] = {}
    for method, same in without.items():
        own = {place: value for place, value in validation.items() if place[0] == "classical" and place[1] in same}
        if own and any(place[:2] == ("ssl", method) for place in validation):
            found[method] = {fraction: best for (_, fraction), best in best_methods(own).items()}
    return found


def verdict(
    contributions: Contributions,
    arms: dict[str, tuple[str, ...]],
    counts: dict[str, int],
    best: dict[tuple[str, float], str],
    *,
    metric: str,
    target: ModuleType | None = None,
    single: float = 1.0,
    margin: float,
    quick: bool,
    headline: float,
    groups: np.ndarray | None = None,
    seed: int = 0,
    rivals: dict[float, tuple[str, str]] | None = None,
    without: dict[str, dict[float, str]] | None = None,
    untrained: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Body of `study.verdict` (docs/events.md).

    counts: {fraction as text: labels}; target: a file of backend/targets/, classes where none is given; single:
    the target's `least`; margin: in the unit of the metric; best: the method that stands for an arm
    at a fraction, chosen on validation; groups: N group names of the test rows, which are then not independent of each
    other; rivals: of `strongest_rivals`; without: of `best_without`; untrained: methods that are held against
    themselves on the untrained encoder.
    """
    fractions = sorted(float(f) for f in counts)
    told = (target or target_of(CLASS)).METRICS[metric]

    def values(arm: str, method: str, fraction: float) -> np.ndarray:
        y = contributions(arm, method, fraction)
        return y if groups is None else collapse_groups(y, groups)

    def chosen(arm: str, fraction: float) -> tuple[str, str]:
        return arm, best[arm, fraction]

    def of_best(arm: str, fraction: float) -> np.ndarray:
        return values(*chosen(arm, fraction), fraction)

    def family(pairs: dict[float, tuple[tuple[str, str], tuple[str, str]]]) -> list[dict[str, Any]]:
        """Contrasts of one (arm, method) less another, a fraction each, corrected for one another."""
        differences = [paired(values(*one, f), values(*other, f)) for f, (one, other) in pairs.items()]
        judged = judge([crossed_mean(d, single=single) for d in differences], margin, told.sign)
        return [
            {
                "fraction": f,
                "n_labels": counts[f"{f:g}"],
                "against": against,
                "method": method,
                "against_method": other,
                **one,
            }
            for (f, ((_, method), (against, other))), one in zip(pairs.items(), judged, strict=True)
        ]

    def at_all_labels() -> tuple[tuple[str, str], np.ndarray] | None:
        """The strongest rival at 100 % and what it adds; without `rivals` the strong supervised baseline."""
        if fractions[-1] != 1.0 or not (rivals or HEADLINE_BASELINE in arms):
            return None
        rival = rivals[1.0] if rivals else chosen(HEADLINE_BASELINE, 1.0)
        return rival, values(*rival, 1.0)

    contrasts = []
    for against in (arm for arm in arms if arm != "ssl"):
        contrasts += family({f: (chosen("ssl", f), chosen(against, f)) for f in fractions})
    beside = []
    for method, same in (without or {}).items():
        beside += family({f: (("ssl", method), ("classical", same[f])) for f in fractions})
    for method in untrained:
        beside += family(dict.fromkeys(fractions, (("ssl", method), ("random", method))))
    table = [
        {
            "arm": arm,
            "method": method,
            "fraction": f,
            "n_labels": counts[f"{f:g}"],
            "best": best[arm, f] == method,
            **_mean(crossed_mean(values(arm, method, f), single=single), told),
        }
        for arm, methods in arms.items()
        for method in methods
        for f in fractions
    ]
    return {
        "metric": metric,
        "margin": margin,
        "quick": quick,
        "headline_fraction": headline,
        "best_method": best["ssl", headline],
        "table": table,
        "contrasts": contrasts,
        "strongest": family({f: (chosen("ssl", f), rivals[f]) for f in fractions}) if rivals else [],
        "beside": beside,
        "efficiency": _efficiency(lambda f: of_best("ssl", f), at_all_labels(), fractions, seed, told.sign),
        "headline": next(
            (c for c in contrasts if c["against"] == HEADLINE_BASELINE and c["fraction"] == headline), None
        ),
    }


def paired(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The difference of two arms, S x P x N, on the label subsets that both have: those of the arm with fewer."""
    shared = min(len(first), len(second))
    return first[:shared] - second[:shared]


def _mean(estimate: Estimate, metric: Metric) -> dict[str, Any]:
    """A mean metric with its interval, cut to what the metric can be."""
    low, high = metric.cut(estimate.low), metric.cut(estimate.high)
    return {"mean": {"value": estimate.value, "low": low, "high": high}, "cells": estimate.cells}


def _efficiency(
    curve_at: Callable[[float], np.ndarray],
    target_of_all: tuple[tuple[str, str], np.ndarray] | None,
    fractions: list[float],
    seed: int,
    sign: int,
) -> dict[str, Any]:
    """The share of the labels at which the pretrained arm's best method reaches the strongest rival at all labels.

    curve_at(fraction): S x P x N of that method; target_of_all: ((arm, method), S x P x N) of the rival at 100 %, None
    where there is none.
    """
    if target_of_all is None or len(fractions) < 2:
        note = "needs a model that saw no pretraining at 100 % of the labels and a second fraction"
        return {"target": None, "fraction": None, "note": note}
    (arm, method), target = target_of_all
    result = {"against": arm, "against_method": method, "target": float(target.mean()), "fraction": None, "note": ""}
    if len(target) < 2:
        return result | {"note": "needs at least two label subsets"}
    curves = [curve_at(f) for f in fractions]
    shared = min(map(len, (target, *curves)))
    curve, target = np.stack([found[:shared] for found in curves]), target[:shared]
    crossing = label_efficiency(np.array(fractions), sign * curve, sign * target, seed)
    if np.isinf(crossing.value):
        return result | {"reached": False, "note": "pretraining does not reach it at any fraction studied"}
    if crossing.value <= fractions[0]:
        result["note"] = "already reached at the smallest fraction studied"
    elif np.isinf(crossing.high):
        result["note"] = "the interval is open above: in some resamples it is not reached"
    high = None if np.isinf(crossing.high) else crossing.high
    return result | {"reached": True, "fraction": {"value": crossing.value, "low": crossing.low, "high": high}}
