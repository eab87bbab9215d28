"""The dossier document: statute, values, people's texts and approvals put together. Pure: data in, JSON out.

The schema "ssl-workbench/report/1" is written down in docs/interfaces.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from .statute import Duty, Statute
from .value import Value

SCHEMA = "ssl-workbench/report/1"
STATES = ("filled", "prefilled", "completed", "gap")


@dataclass(frozen=True)
class Parts:
    """What a document is made of. `values` and `persons` by field id; `hashes`: {leaf: hex}."""

    run: dict[str, Any]
    statute: Statute
    values: dict[str, list[Value]]
    persons: dict[str, dict[str, Any]]
    hashes: dict[int, str]
    scenarios: list[dict[str, Any]]
    unheeded: list[str]  # the measures of significant findings that no scenario speaks of
    record: dict[str, Any]
    built: str
    version: int
    approvals: list[dict[str, Any]] = field(default_factory=list)
    review_points: list[str] = field(default_factory=list)


def assemble(parts: Parts) -> dict[str, Any]:
    """The document; `open` and `state` follow from the rest of it and from the reviews."""
    fields = {duty.id: _field(parts, duty) for duty in parts.statute.field}
    points = [
        {"id": point, "title": title, "fields": [fields[d.id] for d in parts.statute.field if d.point == point]}
        for point, title in parts.statute.points.items()
    ]
    run = parts.run
    document = {
        "schema": SCHEMA,
        "run": run["run"],
        "title": f"Technical documentation: {run['title'] or run['run']}",
        "run_state": run["state"],
        "built": parts.built,
        "version": parts.version,
        "language": "en",
        "statute": parts.statute.head(),
        "record": parts.record,
        "points": points,
        "progress": [{"point": p["id"], **_counts(p["fields"])} for p in points],
        "share": _share(list(fields.values())),
        "scenarios": [_with_hash(scenario, parts.hashes) for scenario in parts.scenarios],
        "unheeded": parts.unheeded,
        "crosswalk": parts.statute.crosswalk(),
    }
    return reviewed(document, parts.approvals, parts.review_points)


def reviewed(document: dict[str, Any], approvals: list[dict[str, Any]], review_points: Iterable[str]) -> dict[str, Any]:
    """`document` with the approvals as they stand now, the points that are open, and the state that follows."""
    points = [*open_points(document), *review_points]
    return {**document, "approvals": approvals, "open": points, "state": "open" if points else "signed"}


def open_points(document: dict[str, Any]) -> list[str]:
    """What the document itself leaves open, one line each; reviews add theirs."""
    lines = []
    if document["run_state"] != "succeeded":
        lines.append(f"The run is not complete: it is {document['run_state']}.")
    if document["record"]["verified"] is False:
        lines.append("The record does not verify.")
    if document["record"]["checkpoint"] is None:
        lines.append("The record is not signed: no checkpoint covers it yet.")
    for field_ in (f for point in document["points"] for f in point["fields"]):
        if field_["state"] == "gap":
            lines.append(f"{field_['id']} {field_['title']}: nothing stands here yet.")
        elif field_["state"] == "prefilled":
            lines.append(f"{field_['id']} {field_['title']}: prefilled; a person has to complete it.")
    lines += [f"No bias scenario speaks of a finding: {measure}." for measure in document["unheeded"]]
    for scenario in document["scenarios"]:
        lines += _open_in(scenario)
    return lines


def _open_in(scenario: dict[str, Any]) -> list[str]:
    name = f"Bias scenario {scenario['id']}"
    missing = [what.replace("_", " ") for what in ("threshold", "mitigation", "review_trigger") if not scenario[what]]
    lines = [f"{name}: no {' and no '.join(missing)}."] if missing else []
    if scenario["exceeded"] and not scenario["mitigation"]:
        lines.append(f"{name}: the threshold is exceeded and nothing is said to be done about it.")
    return lines


def _field(parts: Parts, duty: Duty) -> dict[str, Any]:
    values, person = parts.values.get(duty.id, []), parts.persons.get(duty.id)
    return {
        "id": duty.id,
        "title": duty.title,
        "asks": duty.asks,
        "class": duty.class_,
        "articles": list(duty.articles),
        "state": _state(duty.class_, bool(values), person is not None),
        "values": [_with_hash(asdict(value), parts.hashes) for value in values],
        "person": person,
    }


def _state(class_: str, has_values: bool, has_person: bool) -> str:
    """What runs say fills A; P wants a person besides; of H only a person's words count, whatever stands beside."""
    if class_ == "A" and has_values:
        return "filled"
    if has_person:
        return "completed"
    return "prefilled" if class_ == "P" and has_values else "gap"


def _with_hash(entry: dict[str, Any], hashes: dict[int, str]) -> dict[str, Any]:
    """A value with the hash of its leaf; a scenario likewise, and what it observed."""
    entry = {**entry, "hash": hashes[entry["leaf"]]}
    if entry.get("observed"):
        entry["observed"] = _with_hash(entry["observed"], hashes)
    return entry


def _counts(fields: list[dict[str, Any]]) -> dict[str, int]:
    counts = {state: sum(f["state"] == state for f in fields) for state in STATES}
    return {**counts, "of": len(fields)}


def _share(fields: list[dict[str, Any]]) -> float:
    return sum(f["state"] != "gap" for f in fields) / len(fields)


def leaves_of(values: dict[str, list[Value]], scenarios: list[dict[str, Any]]) -> set[int]:
    """Every leaf that the values and the scenarios cite."""
    cited = {value.leaf for found in values.values() for value in found} | {s["leaf"] for s in scenarios}
    return cited | {s["observed"]["leaf"] for s in scenarios if s["observed"]}
