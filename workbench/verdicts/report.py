"""What a report shows and what it misses, in words. Pure."""

from __future__ import annotations

from typing import Any


def sentence(collected: dict[str, Any] | None) -> str:
    if collected is None:
        return "Build the report to see what this run evidences and what is missing."
    filled = sum(bool(s["facts"]) for s in collected["sections"])
    gaps = len(missing(collected))
    named = "nothing is missing" if not gaps else f"{gaps} {'gap is' if gaps == 1 else 'gaps are'} named"
    return f"{filled} of {len(collected['sections'])} sections are filled; {named}."


def missing(collected: dict[str, Any]) -> list[str]:
    """Every gap, in the order of the report."""
    return [gap for section in collected["sections"] for gap in section["gaps"]]


def evidence(collected: dict[str, Any] | None) -> str:
    if collected is None:
        return "It rests on the events in the ledger alone; each section names the leaves that it comes from."
    leaves = {leaf for s in collected["sections"] for cite in s["cites"] for leaf in cite["leaves"]}
    return f"It rests on {len(leaves):,} events of the ledger, named section by section."
