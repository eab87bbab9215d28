"""Did pretraining help: the label-fraction study and its verdict."""

from __future__ import annotations

from typing import Any

from ._source import Source, section

TITLE = "Did pretraining help?"
ORDER = 40


def collect(source: Source) -> dict[str, Any]:
    verdict, started = source.latest("study.verdict"), source.latest("study.started")
    planned = source.latest("study.plan")
    if verdict is None:
        return section({}, gaps=[source.gap("study", "The label-fraction study")])
    cells, reads = source.events("study.cell"), source.events("study.test_read")
    gaps = [] if reads else [source.gap("study", "The record of when the test split was read")]
    if verdict["body"]["quick"]:
        gaps.append("This is a quick study: fewer than five subset seeds or three pretraining seeds.")
    facts = {
        "run": source.run["run"],
        "kind": source.kind,
        "started": started and started["body"],
        "plan": planned and planned["body"],
        "verdict": verdict["body"],
        "cells": len(cells),
        "test_reads": [e["body"] for e in reads],
    }
    told = source.events("predictions") if verdict["body"].get("target") else []
    shown = [e for e in told if e["body"]["arm"] == "ssl"][:1]
    return section(facts, [*filter(None, [started, planned]), *cells, *reads, *shown, verdict], gaps)
