"""1(a): what the model was trained to tell, its version and how that relates to earlier ones."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Value, at, moment_of, versions_of
from ..words import short, target_in_words

FIELD = "1.a"


def evidence(source: Evidence) -> Iterator[Value]:
    yield from at(source.latest("run.submitted"), "title", label="Title of the run")
    yield from at(source.registered, "name", label="Data set that it was trained and tested on")
    yield from at(source.registered, "label", label="Column that it predicts", say=lambda label: label or "none")
    yield from at(source.registered, "target", label="What it predicts", say=target_in_words)
    yield from at(source.registered, "positive", label="Class that counts as positive")
    yield from versions_of(source.submitted, "Version among the runs on this data set", _ordinal)
    yield from moment_of(source.latest("run.submitted"), "Submitted on")
    yield from at(source.started, "code", "version", label="Version of the workbench")
    yield from at(source.started, "code", "digest", label="Digest of its code", say=short)


def _ordinal(runs: list[str]) -> str:
    if len(runs) == 1:
        return "1, the first"
    return f"{len(runs)}, after {runs[-2]}"
