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

# contributions(arm, method, fraction) -> S x P x N, what every test example adds to the metric in every cell
Contributions = Callable[[str, str, float], np.ndarray]


def best_methods(validation: dict[tuple[str, str, float], float]) -> dict[tuple[str, float], str]:
    """{(arm, fraction): method} by the mean validation metric; the first named of equals."""
    best: dict[tuple[str, float], tuple[float, str]] = {}
    for (arm, method, fraction), value in validation.items():
        if (arm, fraction) not in best or value > best[arm, fraction][0]:
            best[arm, fraction] = value, method
    return {place: method for place, (_, method) in best.items()}


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
) -> dict[str, Any]:
    """Body of `study.verdict` (docs/events.md).

    counts: {fraction as text: labels}; target: a file of backend/targets/, classes where none is given; single:
    the target's `least`; margin: in the unit of the metric; best: the method that stands for an arm
    at a fraction, chosen on validation; groups: N group names of the test rows, which are then not independent of each
    other.
    """
    fractions = sorted(float(f) for f in counts)
    told = (target or target_of(CLASS)).METRICS[metric]

    def values(arm: str, method: str, fraction: float) -> np.ndarray:
        y = contributions(arm, method, fraction)
        return y if groups is None else collapse_groups(y, groups)

    def of_best(arm: str, fraction: float) -> np.ndarray:
        return values(arm, best[arm, fraction], fraction)

    contrasts = []
    for against in (arm for arm in arms if arm != "ssl"):
        estimates = [crossed_mean(paired(of_best("ssl", f), of_best(against, f)), single=single) for f in fractions]
        family = judge(estimates, margin, told.sign)
        for f, judged in zip(fractions, family, strict=True):
            contrasts.append(
                {
                    "fraction": f,
                    "n_labels": counts[f"{f:g}"],
                    "against": against,
                    "method": best["ssl", f],
                    "against_method": best[against, f],
                    **judged,
                }
            )
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
        "best_method": best["ssl", headline],
        "table": table,
        "contrasts": contrasts,
        "efficiency": _efficiency(of_best, arms, fractions, seed, told.sign),
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
    of_best, arms: dict[str, tuple[str, ...]], fractions: list[float], seed: int, sign: int
) -> dict[str, Any]:
    """The share of the labels at which the pretrained arm reaches the supervised one at all labels."""
    if HEADLINE_BASELINE not in arms or fractions[-1] != 1.0 or len(fractions) < 2:
        note = "needs supervised training with the same augmentation at 100 % and a second fraction"
        return {"target": None, "fraction": None, "note": note}
    target = of_best(HEADLINE_BASELINE, 1.0)
    result = {"target": float(target.mean()), "fraction": None, "note": ""}
    if len(target) < 2:
        return result | {"note": "needs at least two label subsets"}
    curves = [of_best("ssl", f) for f in fractions]
    shared = min(map(len, (target, *curves)))
    curve, target = np.stack([found[:shared] for found in curves]), target[:shared]
    crossing = label_efficiency(np.array(fractions), sign * curve, sign * target, seed)
    if np.isinf(crossing.value):
        return result | {"note": "pretraining does not reach it at any fraction studied"}
    if crossing.value <= fractions[0]:
        result["note"] = "already reached at the smallest fraction studied"
    elif np.isinf(crossing.high):
        result["note"] = "the interval is open above: in some resamples it is not reached"
    high = None if np.isinf(crossing.high) else crossing.high
    return result | {"fraction": {"value": crossing.value, "low": crossing.low, "high": high}}
