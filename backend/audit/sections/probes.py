"""Probes: what a language model's bias probes found, each beside its control."""

from __future__ import annotations

from typing import Any

from ._source import Source, bodies, section

TITLE = "Probes of the language model"
ORDER = 75


def collect(source: Source) -> dict[str, Any] | None:
    """None for a run on other data than text, whose recipe has no such stage."""
    found, left_out = source.events("probe"), source.events("probe.skipped")
    if not found and not left_out and "probe_bias" not in source.run["recipe"].get("stages", []):
        return None
    gaps = [f"{e['body']['probe']}: {e['body']['reason']}." for e in left_out if e["body"]["arm"] == "ssl"]
    if not found:
        return section({}, left_out, gaps or [source.gap("probe_bias", "The probes of the language model")])
    return section({"probes": bodies(found)}, [*found, *left_out], gaps)
