"""Two versions of a dossier, field by field. Pure."""

from __future__ import annotations

from typing import Any

from .entries import SCENARIO_TEXTS


def compare(first: dict[str, Any], second: dict[str, Any]) -> list[dict[str, Any]]:
    """What the second document says otherwise: [{"field", "title", "what", "change", "old", "new"}].

    "change": "added", "changed" or "removed"; "what": the value's label, "a person's text" or a scenario's part; "old"
    and "new" as printed, None where there is none. In the order of the statute, the scenarios last.
    """
    changes = []
    before, after = _fields(first), _fields(second)
    for id_ in dict.fromkeys([*before, *after]):
        title = (after.get(id_) or before[id_])["title"]
        old, new = _said(before.get(id_)), _said(after.get(id_))
        changes += [{"field": id_, "title": title, **change} for change in _changes(old, new)]
    old, new = ({s["id"]: s for s in document["scenarios"]} for document in (first, second))
    for id_ in dict.fromkeys([*old, *new]):
        found = _changes(_parts(old.get(id_)), _parts(new.get(id_)))
        changes += [{"field": id_, "title": "Bias scenario", **change} for change in found]
    return changes


def _changes(old: dict[str, str], new: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for what in dict.fromkeys([*old, *new]):
        before, after = old.get(what), new.get(what)
        if before != after:
            change = "added" if before is None else "removed" if after is None else "changed"
            found.append({"what": what, "change": change, "old": before, "new": after})
    return found


def _fields(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {field["id"]: field for point in document["points"] for field in point["fields"]}


def _said(field: dict[str, Any] | None) -> dict[str, str]:
    """{label: text} of what a field says; labels that occur twice are numbered."""
    if field is None:
        return {}
    said: dict[str, str] = {}
    for value in field["values"]:
        label, n = value["label"], 2
        while label in said:
            label, n = f"{value['label']} ({n})", n + 1
        said[label] = value["text"]
    if field["person"]:
        said["a person's text"] = field["person"]["text"]
    return said


def _parts(scenario: dict[str, Any] | None) -> dict[str, str]:
    if scenario is None:
        return {}
    observed = {"observed": scenario["observed"]["text"]} if scenario["observed"] else {}
    return {**{part.replace("_", " "): scenario[part] for part in SCENARIO_TEXTS if scenario[part]}, **observed}
