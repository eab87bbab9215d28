"""The record: the ledger's root over everything, recomputed while this report was made."""

from __future__ import annotations

from typing import Any

from ._source import Source, section

TITLE = "The record"
ORDER = 90
ALONE = (
    "Nobody outside vouches for the record: who holds this workspace's key and its checkpoints could rewrite all of "
    "it. A witness or a timestamp authority would tell (docs/record.md)."
)


def collect(source: Source) -> dict[str, Any]:
    result = source.service.verify()
    leaves = source.service.ledger(source.run["run"], limit=10_000)
    span = [leaves[-1]["leaf"], leaves[0]["leaf"]] if leaves else []
    gaps = [] if result.get("vouched") else [ALONE]
    if not result["ok"]:
        gaps.insert(0, f"The record does not verify: {result['findings'][0]['line']}.")
    return section({"verification": result, "run_leaves": len(leaves), "span": span}, gaps=gaps)
