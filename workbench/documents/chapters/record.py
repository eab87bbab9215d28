"""The ledger behind the report."""

from __future__ import annotations

from typing import Any

from ...verdicts import audit as audit_words
from ._base import Chapter, Table


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    result, span = facts["verification"], facts["span"]
    rows = [
        {"What": "Leaves in the ledger", "Value": f"{result['events']:,}"},
        {"What": "Files re-hashed", "Value": f"{result['artefacts']:,}"},
        {"What": "Merkle root (SHA-256)", "Value": result["root"]},
        {
            "What": "Leaves of this run",
            "Value": f"{facts['run_leaves']:,}" + (f", from {span[0]:,} to {span[1]:,}" if span else ""),
        },
    ]
    tables = [Table("The ledger when this report was made", rows)]
    if result["findings"]:
        tables.append(Table("Findings", audit_words.findings(result)))
    return Chapter(audit_words.sentence(result, result["events"]), [audit_words.evidence(result)], tables)
