"""Explanations: which maps passed their tests, beside the controls that must fail."""

from __future__ import annotations

from typing import Any

from ._source import Source, section, subject

TITLE = "Explanations"
ORDER = 60


def collect(source: Source) -> dict[str, Any]:
    found, controls = source.events("attribution"), source.events("attribution.controls")
    if not found:
        return section({}, gaps=[source.gap("attribute", "Explanations")])
    gaps = [] if controls else [source.gap("attribute", "Tests of the explanations")]
    facts = {
        "methods": [{**e["body"], "sha256": subject(e, "maps/") or subject(e, "scores/")} for e in found],
        "controls": {e["body"]["arm"]: e["body"] for e in controls},
        "dataset": source.run["dataset"],
    }
    return section(facts, [*found, *controls], gaps)
