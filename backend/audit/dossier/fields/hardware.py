"""1(e): the hardware that the model was developed and tested on; what it is intended for, a person says."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Value, at

FIELD = "1.e"


def evidence(source: Evidence) -> Iterator[Value]:
    yield from at(source.started, "device", "name", label="Developed and tested on")
    yield from at(source.started, "device", "type", label="Kind of device")
    yield from at(source.started, "device", "threads", label="Threads")
