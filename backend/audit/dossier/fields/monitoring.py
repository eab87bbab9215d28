"""9: levels at release against which a post-market plan can measure; the plan itself is a person's."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..scenarios import strongest
from ..value import Value, at
from ..words import gap, metric, short
from . import accuracy

FIELD = "9"


def evidence(source: Evidence) -> Iterator[Value]:
    for value in accuracy.pretrained(source):
        yield Value(f"Level at release: {value.label}", value.text, value.value, value.leaf, value.query)
    for event in source.of_arm("fairness"):
        name = strongest(event["body"]["gaps"])
        if name:
            label = f"Level at release: gap in {metric(name)} by {event['body']['attribute']}"
            yield from at(event, "gaps", name, label=label, say=gap)
    yield from at(source.registered, "digest", label="Data that later data can be compared with", say=short)
