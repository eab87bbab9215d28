"""What a trial's run has logged that a sweep reads: its score at equal shares of its training, on validation alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .space import RUNGS

KNN, RANKME = "knn", "rankme"  # what a sweep is scored by
PLACE = "backbone"

Events = Callable[[str], list[dict[str, Any]]]  # kind -> the bodies of the run's events, in their order


def readings(events: Events, measure: str) -> list[list[float]]:
    """[[rung, score], ..]: after `rung` of RUNGS equal shares of the training; higher is better."""
    timed = events("pretrain.timed")
    if not timed:
        return []
    steps = timed[0]["steps"]
    every = math.ceil(steps / RUNGS)
    found: dict[int, float] = {}
    for step, score in _scores(events, measure):
        rung = RUNGS if step >= steps else step // every
        if rung and score is not None and math.isfinite(score):
            found[rung] = score
    return [[rung, found[rung]] for rung in sorted(found)]


def label_free(events: Events) -> dict[str, float]:
    """{name: value} of the last reading of the representation that knows no label."""
    body = next(reversed(events("collapse")), None)
    if body is None:
        return {}
    told = {**body["places"].get(PLACE, {}), "alignment": body.get("alignment"), "uniformity": body.get("uniformity")}
    return {
        name: float(value)
        for name, value in told.items()
        if name != "dim" and isinstance(value, int | float) and math.isfinite(value)
    }


def _scores(events: Events, measure: str) -> list[tuple[int, float | None]]:
    """(step, score) in the order of the steps."""
    if measure == KNN:  # accuracy, of a number R2
        return [(body["step"], body.get("accuracy", body.get("r2"))) for body in events("knn")]
    return [(body["step"], body["places"].get(PLACE, {}).get(RANKME)) for body in events("collapse")]
