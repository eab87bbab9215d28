"""Proxies: which columns give a sensitive attribute away, and what they carry of the gaps."""

from __future__ import annotations

from typing import Any

from ._source import Source, bodies, section

TITLE = "Proxies"
ORDER = 72


def collect(source: Source) -> dict[str, Any] | None:
    """None for a run whose recipe has no such stage."""
    found = source.events("proxies")
    if not found and "proxies" not in source.run["recipe"].get("stages", []):
        return None
    if not found:
        return section({}, gaps=[source.gap("proxies", "Proxies of sensitive attributes")])
    return section({"proxies": bodies(found)}, found)
