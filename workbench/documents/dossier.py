"""The dossier document (schema "ssl-workbench/report/1") ready to print: one content for paper, page and text.

Pure: nothing here reads a service. The words that a reader meets are in workbench/verdicts/dossier.py where the page
says them too; what only paper needs is here.
"""

from __future__ import annotations

from typing import Any

import rfc8785

from backend.control.people.reviews import titled
from backend.workspace.formats import minute

from ..verdicts import dossier as words

SCHEMA = "ssl-workbench/report/1"
STATE = {
    "filled": "filled from the record",
    "prefilled": "prefilled, to be completed by a person",
    "completed": "completed by a person",
    "gap": "not filled",
}
WHAT = (
    "This document collects, for each duty of Annex IV, what the record of one run says, what people added, and "
    "what is still missing. Every automatic value names the ledger leaf that it comes from and the query that "
    "finds it there again. It does not say whether the duties are fulfilled."
)


def is_dossier(found: dict[str, Any]) -> bool:
    """A dossier document, not the collected facts of a run's report."""
    return found.get("schema") == SCHEMA


def evidence(document: dict[str, Any]) -> bytes:
    """The document as canonical JSON (RFC 8785): the same document, the same bytes."""
    return rfc8785.dumps(document)


def content(document: dict[str, Any], verdicts: list[str]) -> dict[str, Any]:
    """What is printed, as JSON: texts, and numbers only where a template places them.

    verdicts: the run's sentences. Queries are numbered in the order of the values that name them.
    """
    queries: list[dict[str, Any]] = []
    points = [
        {
            "id": point["id"],
            "title": point["title"],
            "line": _progress(progress),
            "fields": [_field(field, queries) for field in point["fields"]],
        }
        for point, progress in zip(document["points"], document["progress"], strict=True)
    ]
    return {
        "title": document["title"],
        "what": WHAT,
        "run": document["run"],
        "version": document["version"],
        "built": document["built"],
        "made": minute(document["built"]),
        "state": document["state"],
        "language": document["language"],
        "sentence": words.sentence(document),
        "statute": _statute(document["statute"]),
        "verdicts": verdicts,
        "progress": [{**row, "title": p["title"]} for row, p in zip(document["progress"], points, strict=True)],
        "record": _record(document["record"]),
        "checkpoint": document["record"]["checkpoint"] or "",
        "points": points,
        "scenarios": [_scenario(scenario) for scenario in document["scenarios"]],
        "crosswalk": words.crosswalk_rows(document),
        "approvals": [_approval(approval) for approval in document["approvals"]],
        "open": document["open"],
        "queries": queries,
    }


def citation(leaf: int, digest: str) -> str:
    return f"leaf {leaf:,}, {digest[:8]}…"


def _progress(row: dict[str, Any]) -> str:
    said = [f"{row[state]} {state}" for state in ("filled", "prefilled", "completed") if row[state]]
    said += [f"{row['gap']} open"] if row["gap"] else []
    return f"{row['of']} {'field' if row['of'] == 1 else 'fields'}: {', '.join(said)}"


def _field(field: dict[str, Any], queries: list[dict[str, Any]]) -> dict[str, Any]:
    values = []
    for value in field["values"]:
        queries.append(
            {"number": len(queries) + 1, "field": field["id"], "label": value["label"], "sql": value["query"]}
            | {"leaf": f"{value['leaf']:,}", "hash": value["hash"]}
        )
        cited = citation(value["leaf"], value["hash"])
        values.append({"label": value["label"], "text": value["text"], "cite": cited, "query": len(queries)})
    person = field["person"]
    return {
        "id": field["id"],
        "title": field["title"],
        "asks": words.duty(field),
        "state": field["state"],
        "said": STATE[field["state"]],
        "gap": f"Not filled: {field['asks']}" if field["state"] == "gap" else "",
        "values": values,
        "person": person and {"paragraphs": person["text"].split("\n\n"), "by": words.written(person)},
    }


def _statute(statute: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": statute["name"],
        "lines": [
            f"{statute['name']}, in the text of {statute['as_of']}.",
            f"Consolidated from: {'; '.join(statute['consolidated'])}.",
            *(f"{what}: applies from {day}." for what, day in statute["applies_from"].items()),
            *statute.get("notes", ()),
        ],
    }


def _record(record: dict[str, Any]) -> list[dict[str, str]]:
    verified = {True: "it verified", False: "it did not verify", None: "not verified for this document"}
    return [
        {"what": "Leaves in the tree", "value": f"{record['size']:,}"},
        {"what": "Merkle root (SHA-256)", "value": record["root"]},
        {"what": "Signed checkpoint", "value": "below" if record["checkpoint"] else "none covers it yet"},
        {"what": "When this was built", "value": verified[record["verified"]]},
    ]


def _scenario(scenario: dict[str, Any]) -> dict[str, str]:
    return {
        "id": scenario["id"],
        "rows": [
            {"what": "Group", "value": scenario["group"]},
            {"what": "Hazard", "value": scenario["hazard"]},
            {"what": "Measure", "value": scenario["measure"]},
            {"what": "Threshold", "value": str(scenario["threshold"] or "Not filled")},
            {"what": "Observed", "value": words.scenario_line(scenario)},
            {"what": "Mitigation", "value": scenario["mitigation"] or "Not filled"},
            {"what": "Review trigger", "value": scenario["review_trigger"] or "Not filled"},
        ],
        "by": f"Recorded by {scenario['by']}, {minute(scenario['time'])}",
        "cite": f"leaf {scenario['leaf']:,}",
    }


def _approval(approval: dict[str, Any]) -> dict[str, str]:
    return {
        "what": titled(approval["what"]),
        "state": approval["state"],
        "by": f"{approval['by']}, {minute(approval['time'])}",
        "reason": approval["reason"] or "",
        "key": approval["key"] or "",
        "cite": f"leaf {approval['leaf']:,}",
    }
