"""The data: what there is, how it is split, what was found wrong with it on arrival."""

from __future__ import annotations

from typing import Any

from ._source import Source, section

TITLE = "Data sheet"
ORDER = 20


def collect(source: Source) -> dict[str, Any]:
    name = source.run["dataset"]
    found = [d for d in source.service.datasets() if d["name"] == name]
    if not found:
        return section({}, gaps=[f"Data sheet: no data set {name!r} is registered in this workspace."])
    registered = source.service.latest(found[0]["id"], "data.registered")
    facts = {"manifest": found[0], "sheet": source.service.sheet(name)}
    return section(facts, [registered] if registered else [])
