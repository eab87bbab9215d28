"""Can the record be trusted? A verification's result -> sentences. Pure."""

from __future__ import annotations

from typing import Any

KIND = {
    "edited": "Edited",
    "unreadable": "Unreadable",
    "missing leaf": "Removed",
    "repeated leaf": "Repeated",
    "gap": "Gap in a run",
    "root": "Root differs",
    "truncated": "Cut off",
    "file missing": "File missing",
    "file replaced": "File replaced",
}


def sentence(result: dict[str, Any] | None, size: int) -> str:
    """The answer to the page's question; before a verification it promises nothing."""
    if result is None:
        return f"Not checked yet in this session: {size:,} events wait to be verified."
    if result["ok"]:
        return f"Yes: all {result['events']:,} events and {result['artefacts']:,} files are as they were recorded."
    count = len(result["findings"])
    return f"No: {count} {'finding' if count == 1 else 'findings'} in {result['events']:,} events."


def evidence(result: dict[str, Any] | None) -> str:
    """What the answer rests on, and what it cannot show."""
    if result is None:
        return "Verifying recomputes every hash from the events' own content and hashes every file again."
    return (
        f"Merkle root over {result['events']:,} leaves: {result['root']}. Whoever holds an earlier root can tell a "
        "rewritten record; the root itself is not signed in this version."
    )


def table(leaves: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ledger's leaves as rows to read."""
    return [
        {
            "Leaf": leaf["leaf"],
            "Time (UTC)": leaf["time"][:19].replace("T", " "),
            "Who": leaf["actor"],
            "Event": leaf["kind"],
            "Run": leaf["run"] or "",
            "Number in run": "" if leaf["seq"] is None else f"{leaf['seq']:,}",
            "Hash": leaf["hash"][:16] + "…",
        }
        for leaf in leaves
    ]


def findings(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"Leaf": f["leaf"], "Run": f["run"] or "", "What": KIND.get(f["kind"], f["kind"]), "Finding": f["line"]}
        for f in result["findings"]
    ]
