"""What a trial's run has logged that a sweep reads: its score at equal shares of its training, on validation alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .... import exports, plugins
from .space import RUNGS

KNN = "knn"  # what a sweep of labelled data is scored by; of others, what the file of a collapse metric offers (SCORES)
PLACES = ("backbone", "sentences")  # what is called the representation, of the places that a pretext task has watched

Events = Callable[[str], list[dict[str, Any]]]  # kind -> the bodies of the run's events, in their order


def readings(events: Events, measure: str, metric: str | None = None) -> list[list[float]]:
    """[[rung, score], ..]: after `rung` of RUNGS equal shares of the training; higher is better.

    metric: of the target, where it is scored by kNN."""
    timed = events("pretrain.timed")
    if not timed:
        return []
    steps = timed[0]["steps"]
    every = math.ceil(steps / RUNGS)
    found: dict[int, float] = {}
    for step, score in _scores(events, measure, metric):
        rung = RUNGS if step >= steps else step // every
        if rung and score is not None and math.isfinite(score):
            found[rung] = score
    return [[rung, found[rung]] for rung in sorted(found)]


def error(events: Events, measure: str, metric: str | None) -> dict[str, Any]:
    """{"error": the standard error of the last score over validation rows, "rows": how many they are}; of a score that
    has none, None."""
    last = next(reversed(events("knn")), {}) if measure == KNN else {}
    return {"error": _of(last, metric).get("error"), "rows": last.get("rows")}


def _of(body: dict[str, Any], metric: str | None) -> dict[str, Any]:
    """{value(, error)} of a metric in the body of a `knn` event; of a number R2 alone is read."""
    if "r2" in body:
        return {"value": body["r2"]}
    return body.get("scores", {}).get(metric) or {}


def label_free(events: Events) -> dict[str, float]:
    """{name: value} of the last reading of the representation that knows no label."""
    body = next(reversed(events("collapse")), None)
    if body is None:
        return {}
    told = {**_place(body), "alignment": body.get("alignment"), "uniformity": body.get("uniformity")}
    return {
        name: float(value)
        for name, value in told.items()
        if name != "dim" and isinstance(value, int | float) and math.isfinite(value)
    }


def _scores(events: Events, measure: str, metric: str | None) -> list[tuple[int, float | None]]:
    """(step, score) in the order of the steps."""
    if measure == KNN:
        return [(body["step"], _of(body, metric).get("value")) for body in events("knn")]
    return [(body["step"], _place(body).get(measure)) for body in events("collapse")]


def _place(body: dict[str, Any]) -> dict[str, Any]:
    return next((body["places"][name] for name in PLACES if name in body["places"]), {})


def without_labels() -> str:
    """The collapse metric that settings are compared by where there are no labels."""
    return next(name for name in plugins.files("collapse") if exports.says("collapse", name).get("scores"))
