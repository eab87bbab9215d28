"""9: levels at release against which a post-market plan can measure; the plan itself is a person's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..evidence import Evidence
from ..scenarios import strongest
from ..value import Value, at
from ..words import gap, in_its_unit, metric, short
from . import accuracy

FIELD = "9"


def evidence(source: Evidence) -> Iterator[Value]:
    levels = [*accuracy.pretrained(source), *_gaps(source)]
    for value in levels:
        yield replace(value, label=f"Level at release: {value.label}")
    if levels:
        yield from at(source.registered, "digest", label="Data that later data can be compared with", say=short)


def _gaps(source: Evidence) -> Iterator[Value]:
    """The strongest gap of every attribute."""
    for event in source.of_arm("fairness"):
        if name := strongest(event["body"]["gaps"]):
            label = f"gap in {metric(name)} by {event['body']['attribute']}"
            yield from at(event, "gaps", name, label=label, say=in_its_unit(event, gap))
