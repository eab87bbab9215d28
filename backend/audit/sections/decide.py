"""Decisions: alerts within a budget, costs and calibration of the study's models."""

from __future__ import annotations

from typing import Any

from ._source import Source, section

TITLE = "Decisions and costs"
ORDER = 45


def collect(source: Source) -> dict[str, Any] | None:
    if "decide" not in source.run["recipe"].get("stages", []):
        return None
    plan, verdict = source.latest("decide.plan"), source.latest("decide.verdict")
    if verdict is None:
        return section({}, gaps=[source.gap("decide", "Decisions, their costs and calibration")])
    facts = {"kind": source.kind, "plan": plan["body"], "verdict": verdict["body"]}
    facts["budgets"], facts["thresholds"] = (s["sha256"] for s in verdict["subjects"])
    return section(facts, [plan, verdict])
