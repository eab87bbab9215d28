"""2(b): what the model was designed to optimise, what was fixed beforehand, and what it was weighed against."""

from __future__ import annotations

from collections.abc import Iterator

from backend.workspace.formats import chosen

from ..evidence import Evidence
from ..value import Value, at
from ..words import arm, margin_of, metric, settings, ways

FIELD = "2.b"


def evidence(source: Evidence) -> Iterator[Value]:
    planned = source.latest("study.started")
    yield from at(source.started, "recipe", "pretext", "name", label="Objective of pretraining")
    yield from at(source.started, "recipe", "encoder", label="Encoder", say=settings)
    yield from at(planned, "metric", label="Metric that choices were made by", say=metric)
    yield from at(planned, "margin", label="Differences smaller than this count as none", say=margin_of(planned))
    yield from at(planned, "class_weights", label="What losses weigh alike while classifiers are trained", say=_alike)
    yield from at(planned, "headline_fraction", label="Share of labels that was to decide", say=chosen)
    yield from at(planned, "arms", label="Alternatives that were compared", say=_arms)
    yield from at(planned, "methods", label="Classifiers that were compared", say=ways)
    yield from at(planned, "fractions", label="Shares of labels that were compared", say=_shares)
    best = source.latest("study.verdict")
    yield from at(best, "best_method", label="Classifier chosen on validation data", say=lambda name: ways([name]))
    if source.events("fairness"):
        yield from at(source.started, "recipe", "fairness", label="Settings of the audit by groups", say=settings)


def _alike(classes: bool) -> str:
    return "classes, where validation does not prefer rows" if classes else "rows"


def _arms(names: list[str]) -> str:
    return "; ".join(map(arm, names))


def _shares(fractions: list[float]) -> str:
    return ", ".join(map(chosen, fractions))
