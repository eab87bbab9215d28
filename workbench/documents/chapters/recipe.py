"""The recipe, and where, when and with what code it ran."""

from __future__ import annotations

from typing import Any

from backend.workspace.formats import minute

from ...recipes import in_order, to_toml
from ...verdicts import run as run_words
from ._base import Chapter, Table


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    run, started = facts["run"], facts["started"]
    lines = {
        "Run": run["run"],
        "Title": run["title"] or "–",
        "Data set": run["dataset"],
        "State": run_words.sentence(run),
        "Started": minute(run["started"]),
        "Ended": minute(run["ended"]),
        "Resumed from a checkpoint": f"{facts['resumed']} times" if facts["resumed"] else "no",
    }
    if started:
        device = started["device"]
        lines |= {
            "Code": f"version {started['code']['version']}, digest {started['code']['digest']}",
            "Data digest": started["dataset"]["digest"],
            "Device": f"{device['name']} ({device['type']}), {device['threads']} threads",
            "Python": f"{started['python']} on {started['platform']}",
            "Packages": ", ".join(f"{name} {version}" for name, version in started["packages"].items()),
        }
    rows = [{"What": what, "Value": value} for what, value in lines.items()]
    return Chapter(
        verdict=run_words.sentence(run),
        tables=[Table("The run", rows)],
        code=to_toml(in_order((started or run)["recipe"])),
    )
