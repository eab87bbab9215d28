"""4: why these metrics: what each one measures and is blind to; a person says whether that fits the purpose."""

from __future__ import annotations

from collections.abc import Iterator

from backend import exports
from backend.workspace.formats import margin

from ..evidence import Evidence
from ..value import Value, at
from ..words import metric

FIELD = "4"
BALANCED = "the mean of the classes' hit rates; every class counts alike, however rare it is"


def evidence(source: Evidence) -> Iterator[Value]:
    planned = source.latest("study.started")
    yield from at(planned, "metric", label="Metric of the comparison, named before training", say=_why)
    yield from at(planned, "margin", label="Smallest difference that counts", say=margin)
    for event in source.of_arm("fairness")[:1]:
        yield from at(event, "gaps", label="Metrics by group", say=_all)


def _why(name: str) -> str:
    why = BALANCED if name == "balanced_accuracy" else exports.says("fairness", name).get("why")
    return f"{metric(name)}: {why}" if why else metric(name)


def _all(gaps: dict) -> str:
    return "; ".join(_why(name) for name in gaps)
