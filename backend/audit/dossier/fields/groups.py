"""3, accuracy by groups: every rate of every group with its interval, and the gaps with their tests."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Value, at
from ..words import gap, group, in_its_unit, metric

FIELD = "3.groups"


def evidence(source: Evidence) -> Iterator[Value]:
    for event in source.of_arm("fairness"):
        attribute = event["body"]["attribute"]
        for i, found in enumerate(event["body"]["groups"]):
            yield from at(event, "groups", i, label=f"{attribute}: {found['group']}", say=in_its_unit(event, group))
        for name in event["body"]["gaps"]:
            yield from at(event, "gaps", name, label=f"{attribute}: gap in {metric(name)}", say=in_its_unit(event, gap))
