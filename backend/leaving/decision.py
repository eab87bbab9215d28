"""From which probability on a model of two classes raises an alert: thresholds that validation rows alone chose."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.seeds import derive
from ..fairness._tested import positive_class, units_of
from ..stages._decide_models import modelled
from ..stages._study_design import Design
from ..stages.decide import asked_of
from ..statistics.calibration import chosen
from .record import Record

STEPS = 60  # halvings of the interval that holds a threshold


def decision(record: Record, design: Design, val: np.ndarray) -> dict[str, Any] | None:
    """{"positive": its name, "class": its place, "thresholds": {name: {"at", "why"}}, "used"}; None where there are no
    two classes.

    val: what the model says of the study's validation rows, V x K.
    """
    dataset = record.dataset
    positive = positive_class(dataset.manifest) if len(dataset.classes) == 2 else None
    if positive is None:
        return None
    event, score = design.labels[design.val] == positive, np.asarray(val[:, positive], np.float64)
    found = {
        "balanced": {
            "at": balanced(score, event),
            "why": "the best mean of both classes' recall on the validation rows",
        },
        "likelier": {"at": 0.5, "why": "the likelier of the two classes, as the study measured it; chosen by no rows"},
    }
    if record.of("decide.plan"):
        found = _decided(record, design, score, event) | found
    return {
        "positive": dataset.classes[positive],
        "class": positive,
        "thresholds": found,
        "used": next(iter(found)),
    }


def _decided(record: Record, design: Design, score: np.ndarray, event: np.ndarray) -> dict[str, dict[str, Any]]:
    """By the plan that the run stated before any figure: the alerts that can be looked at, and what errors cost."""
    asked = asked_of(record.job)
    units = units_of(record.dataset.table, design.val, record.dataset.manifest)
    seed = derive("calibration", record.job.recipe.seed)
    at = modelled(score, score, event, units, asked.budget, seed).alert
    found = {"budget": {"at": at, "why": f"{asked.budget:.3g} of the validation rows are at or above it"}}
    calibrator, _ = chosen(score, event, units, seed)
    cost = lowest(calibrator, asked.costs.threshold)
    if cost is not None:
        why = f"from here on an alert pays: calibrated on the validation rows, {asked.costs.threshold:.3g}"
        found["cost"] = {"at": cost, "why": why}
    return found


def balanced(score: np.ndarray, event: np.ndarray) -> float:
    """The score from which on alerts have the best mean of both classes' recall, the lowest of equals: halfway to the
    next lower row, so that it does not hang on the last digit of one.

    score: N; event: bool N, both kinds present.
    """
    values, at = np.unique(score, return_inverse=True)
    hits, alarms = (np.bincount(at, mask, len(values))[::-1].cumsum()[::-1] for mask in (event, ~event))
    recall = hits / event.sum() + 1 - alarms / (~event).sum()
    best = int(recall.argmax())
    return float(values[max(0, best - 1) : best + 1].mean())


def lowest(calibrator: Any, wanted: float) -> float | None:
    """The lowest score that is calibrated to `wanted` or more; None where there is none. The calibrator is monotone."""
    low, high = 0.0, 1.0
    if calibrator(np.array(high)) < wanted:
        return None
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if calibrator(np.array(middle)) >= wanted else (middle, high)
    return high
