"""2(a): the steps of development and the parts that were given, not trained here."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Value, at
from ..words import settings, short, steps, ways

FIELD = "2.a"


def evidence(source: Evidence) -> Iterator[Value]:
    started = source.started
    yield from at(started, "recipe", "stages", label="Steps, in order", say=steps)
    yield from at(started, "recipe", "pretext", label="Pretraining without labels", say=settings)
    yield from at(started, "recipe", "augment", label="Augmentation", say=settings)
    yield from at(started, "recipe", "tokenizer", label="Tokenizer", say=settings)
    yield from at(started, "recipe", "train", label="Optimisation", say=settings)
    if "study" in source.recipe.get("stages", ()):
        yield from at(started, "recipe", "finetune", "methods", label="Ways to a classifier", say=ways)
    yield from at(started, "seeds", label="Seeds", say=settings)
    yield from _given(source)


def _given(source: Evidence) -> Iterator[Value]:
    """Parts of others: read weights, or the statement that the encoder began at random."""
    read = source.events("weights.read")
    for event in read:
        yield from at(event, "source", label="Pretrained part of a third party")
        yield from at(event, "model_type", label="Its architecture")
        yield from at(event, "digest", label="Digest of its weights", say=short)
    if not read:
        label = "Pretrained parts"
        yield from at(source.started, "recipe", "encoder", "name", label=label, say=_own)


def _own(name: str) -> str:
    return f"none is recorded: the encoder ({name}) was initialised at random and trained in this run"
