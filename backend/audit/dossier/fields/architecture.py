"""2(c): the architecture, how its parts build on each other, and the computation that it took."""

from __future__ import annotations

from collections.abc import Iterator

from backend.workspace.formats import duration

from ..evidence import Evidence
from ..value import Value, at, count_of
from ..words import settings, ways

FIELD = "2.c"


def evidence(source: Evidence) -> Iterator[Value]:
    started = source.started
    yield from at(started, "recipe", "encoder", label="Encoder", say=settings)
    yield from at(started, "recipe", "pretext", label="Pretext task and its head", say=settings)
    best = source.latest("study.verdict")
    yield from at(best, "best_method", label="Classifier on the encoder", say=lambda name: ways([name]))
    for event in source.newest("encoder"):
        seed = event["body"]["seed"]
        yield from at(event, "steps", label=f"Pretraining steps, seed {seed}", say="{:,}".format)
        yield from at(event, "seconds", label=f"Pretraining time, seed {seed}", say=duration)
    yield from count_of(source.events("study.cell"), "Models fitted for the comparison")
    planned = source.latest("study.started")
    yield from at(
        planned, "budget", "image_passes", label="Most examples that each may be trained on", say="{:,}".format
    )
    yield from at(source.latest("run.finished"), "seconds", label="Time of the whole run", say=duration)
    yield from at(started, "device", "name", label="Computed on")
