"""Alarms over time and remaining life: what the study's models are worth to who maintains the units."""

from __future__ import annotations

from typing import Any

from ._source import Source, section

TITLE = "Alarms over time and remaining life"
ORDER = 46
STAGE = "maintenance"


def collect(source: Source) -> dict[str, Any] | None:
    if STAGE not in source.run["recipe"].get("stages", []):
        return None
    verdict, plan = source.latest("maintenance.verdict"), source.latest("decide.plan")
    if verdict is None:
        return section({}, gaps=[source.gap(STAGE, "Alarms over time and remaining life")])
    facts = {"kind": source.kind, "verdict": verdict["body"], "costs": plan and plan["body"]["costs"]}
    facts["curve"] = verdict["subjects"][0]["sha256"] if verdict["subjects"] else None
    return section(facts, [verdict, *([plan] if plan else [])])
