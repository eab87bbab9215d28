"""1(h): what instructions for use can take from the record: what goes in, what comes out, how good and how sure."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Value, at
from ..words import listed
from . import accuracy, input_data

FIELD = "1.h"


def evidence(source: Evidence) -> Iterator[Value]:
    yield from input_data.evidence(source)
    if source.registered and source.registered["body"]["classes"]:
        yield from at(source.registered, "classes", label="Output: a probability for each of", say=listed)
    yield from accuracy.pretrained(source)
    verdict = source.latest("study.verdict")
    yield from at(verdict, "headline", "decision", label="Against supervised training with few labels", say=str)
