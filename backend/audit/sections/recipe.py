"""What was run: the resolved recipe, the code, the packages, the machine."""

from __future__ import annotations

from typing import Any

from ._source import Source, section

TITLE = "What was run"
ORDER = 10


def collect(source: Source) -> dict[str, Any]:
    started, resumed = source.latest("run.started"), source.events("run.resumed")
    ended = [e for kind in ("run.finished", "run.failed", "run.cancelled") for e in source.events(kind)]
    facts = {"run": source.run, "started": started and started["body"], "resumed": len(resumed)}
    events = [*source.events("run.submitted"), *([started] if started else []), *resumed, *ended]
    gaps = [] if started else [source.gap("", "Code, packages and device")]
    if source.run["state"] != "succeeded":
        gaps.append(f"The run is not complete: it is {source.run['state']}.")
    return section(facts, events, gaps)
