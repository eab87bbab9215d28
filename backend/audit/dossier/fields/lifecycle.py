"""6: what changed through the life cycle: earlier runs on the data, what this one does otherwise, models that left."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Value, at, count_of, moment_of, versions_of
from ..words import settings

FIELD = "6"
SECTIONS = ("pretext", "encoder", "augment", "tokenizer", "masking", "train", "finetune")


def evidence(source: Evidence) -> Iterator[Value]:
    yield from versions_of(source.submitted, "Runs on this data set, oldest first", _named)
    yield from moment_of(source.latest("run.submitted"), "This run started on")
    if len(source.submitted) > 1:
        before, this = source.submitted[-2:]
        for section in SECTIONS:
            if before["body"]["recipe"].get(section) != this["body"]["recipe"].get(section):
                label = f"Changed since {before['run']}: {section}, which was"
                yield from at(before, "recipe", section, label=label, say=settings)
    yield from count_of(source.events("run.resumed"), "Times that it was resumed")
    for exported in source.events("export"):
        yield from at(exported, "what", label="Model that left the workbench")


def _named(runs: list[str]) -> str:
    return "1, this one" if len(runs) == 1 else f"{len(runs)}: " + ", ".join(runs)
