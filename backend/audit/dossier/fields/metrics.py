"""4: why these metrics: what each one measures and is blind to; a person says whether that fits the purpose."""

from __future__ import annotations

from collections.abc import Iterator

from backend.workspace.formats import margin

from ..evidence import Evidence
from ..value import Value, at
from ..words import metric

FIELD = "4"
WHY = {
    "auroc": "how well scores order cases before non-cases; it needs no threshold and does not change with the share "
    "of cases, and says nothing about any one threshold",
    "accuracy": "the share of right answers; it weighs every example alike, so a rare class counts little",
    "balanced_accuracy": "the mean of the classes' hit rates; every class counts alike, however rare it is",
    "tpr": "the share of cases that are found: what a missed case costs shows here",
    "fpr": "the share of non-cases that raise an alarm: what a false alarm costs shows here",
    "precision": "the share of alarms that are right; it falls with the share of cases",
    "selection_rate": "the share that is predicted positive, right or wrong: equal treatment in outcomes",
}


def evidence(source: Evidence) -> Iterator[Value]:
    planned = source.latest("study.started")
    yield from at(planned, "metric", label="Metric of the comparison, named before training", say=_why)
    yield from at(planned, "margin", label="Smallest difference that counts", say=margin)
    for event in source.of_arm("fairness")[:1]:
        yield from at(event, "gaps", label="Metrics by group", say=_all)


def _why(name: str) -> str:
    return f"{metric(name)}: {WHY[name]}" if name in WHY else metric(name)


def _all(gaps: dict) -> str:
    return "; ".join(_why(name) for name in gaps)
