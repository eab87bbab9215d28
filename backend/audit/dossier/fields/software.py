"""1(c): versions of the software that the run was made with."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Value, at
from ..words import pairs, short

FIELD = "1.c"


def evidence(source: Evidence) -> Iterator[Value]:
    yield from at(source.started, "code", "version", label="SSL Workbench")
    yield from at(source.started, "code", "digest", label="Digest of its code", say=short)
    yield from at(source.started, "python", label="Python")
    yield from at(source.started, "platform", label="Operating system")
    yield from at(source.started, "packages", label="Packages", say=pairs)
