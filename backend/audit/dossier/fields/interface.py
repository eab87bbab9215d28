"""1(g): the interface that the run was made with, and the forms in which its model has left so far."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Value, at

FIELD = "1.g"
PAGES = "pages in a browser for data, training, study, embeddings, explanations, groups, report and record"


def evidence(source: Evidence) -> Iterator[Value]:
    yield from at(source.started, "code", "version", label="Interface of the developer", say=_workbench)
    for exported in source.events("export"):
        yield from at(exported, "what", label="Exported without an interface of its own")


def _workbench(version: str) -> str:
    return f"SSL Workbench {version}: {PAGES}. The run makes no interface for the deployer."
