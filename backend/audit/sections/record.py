"""The record: the ledger's root over everything, recomputed while this report was made."""

from __future__ import annotations

from typing import Any

from ._source import Source, section

TITLE = "The record"
ORDER = 90


def collect(source: Source) -> dict[str, Any]:
    result = source.service.verify()
    leaves = source.service.ledger(source.run["run"], limit=10_000)
    span = [leaves[-1]["leaf"], leaves[0]["leaf"]] if leaves else []
    gaps = ["The root is not signed, and no copy of it is kept outside the workspace, in this version."]
    if not result["ok"]:
        gaps.insert(0, f"The record does not verify: {result['findings'][0]['line']}.")
    return section({"verification": result, "run_leaves": len(leaves), "span": span}, gaps=gaps)
