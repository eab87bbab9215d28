"""The map of the embeddings, with the numbers that say how far it can be trusted."""

from __future__ import annotations

from typing import Any

from ...targets import type_of
from ._source import Source, bodies, section

TITLE = "Map of the embeddings"
ORDER = 50


def collect(source: Source) -> dict[str, Any]:
    flat = [e for e in source.events("projection") if e["body"]["dimensions"] == 2]
    if not flat:
        return section({}, gaps=[source.gap("project", "The map of the embeddings")])
    maps = [{**e["body"], "sha256": e["subjects"][0]["sha256"]} for e in flat]
    neighbours, clusters = source.events("neighbours"), source.events("clusters")
    facts = {
        "maps": maps,
        "neighbours": bodies(neighbours),
        "clusters": [{**e["body"], "sha256": e["subjects"][0]["sha256"]} for e in clusters],
        "dataset": source.run["dataset"],
        "kind": source.kind,
        "target": type_of(source.service.dataset(source.run["dataset"])),
    }
    return section(facts, [*flat, *neighbours, *clusters])
