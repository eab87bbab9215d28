"""What a dossier shows and what it misses, in words and rows. Pure: the document (docs/interfaces.md) -> text."""

from __future__ import annotations

import re
from typing import Any

from backend.workspace.formats import count, minute, percent

DIGEST = re.compile(r"\b([0-9a-f]{16})[0-9a-f]{48}\b")  # a table shows how it begins; the queries show it whole
# state of a field -> (words, colour of its badge)
STATES = {
    "filled": ("filled by the run", "green"),
    "prefilled": ("prefilled: a person has to complete it", "orange"),
    "completed": ("completed", "blue"),
    "gap": ("open", "red"),
}
CLASSES = {
    "A": "filled from runs",
    "P": "prefilled from runs, completed by a person",
    "H": "to be written by a person",
}


def sentence(document: dict[str, Any]) -> str:
    """The answer: how much of the dossier stands, and what is open."""
    fields = fields_of(document)
    standing = sum(field["state"] != "gap" for field in fields)
    points = len(document["open"])
    if document["state"] == "signed":
        return f"The dossier is signed: all {len(fields)} fields are filled and nothing is open."
    far = f"{standing} of {len(fields)} fields of the dossier are filled ({percent(document['share'], 0)})"
    prefilled = sum(field["state"] == "prefilled" for field in fields)
    waiting = f", {prefilled} of them in part, for a person to complete" if prefilled else ""
    return f"{far}{waiting}; {count(points, 'point')} {'is' if points == 1 else 'are'} open."


def evidence(document: dict[str, Any]) -> str:
    values = sum(len(field["values"]) for field in fields_of(document))
    statute = document["statute"]
    return (
        f"{count(values, 'value')} from the ledger, each with its leaf and the query that finds it again. "
        f"{statute['name']}, text of {statute['as_of']} ({', '.join(statute['consolidated'])})."
    )


def fields_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [field for point in document["points"] for field in point["fields"]]


def point_name(document: dict[str, Any], id_: str) -> str:
    """ "2 Elements of the system and how it was developed: 5 of 8" """
    title = next(point["title"] for point in document["points"] if point["id"] == id_)
    return f"{id_} {title}: {standing(document, id_)}"


def standing(document: dict[str, Any], id_: str) -> str:
    found = _progress(document, id_)
    return f"{found['of'] - found['gap']} of {found['of']}"


def far(document: dict[str, Any], id_: str) -> float:
    """Share of a point's fields that stand, 0 to 1."""
    found = _progress(document, id_)
    return (found["of"] - found["gap"]) / found["of"]


def duty(field: dict[str, Any]) -> str:
    """What a field asks, where it is written, and whose it is."""
    return f"{field['asks']} (Art. {', '.join(field['articles'])}; {CLASSES[field['class']]})"


def value_rows(field: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"What": v["label"], "As recorded": DIGEST.sub(r"\1 …", v["text"]), "Leaf": f"{v['leaf']:,}"}
        for v in field["values"]
    ]


def queries(field: dict[str, Any]) -> str:
    """Every value of a field, whole, with the query that finds it again and the leaf's hash."""
    return "\n\n".join(
        f"-- {_line(v['label'])}: {_line(v['text'])}\n-- leaf {v['leaf']}, hash {v['hash']}\n{v['query']};"
        for v in field["values"]
    )


def written(person: dict[str, Any]) -> str:
    """Who wrote a person's text, when, and where the ledger has it."""
    every = " for every run" if person["scope"] == "workspace" else ""
    return f"Written by {person['by']}{every} on {minute(person['time'])}, leaf {person['leaf']:,}."


def scenario_line(scenario: dict[str, Any]) -> str:
    """What the run observed, held against the threshold."""
    if not scenario["observed"]:
        return "This run observed nothing that can be compared with the threshold."
    observed = f"Observed: {scenario['observed']['text']} (leaf {scenario['observed']['leaf']:,})."
    if scenario["exceeded"] is None:
        return f"{observed} No threshold in points is set."
    held = "exceeded" if scenario["exceeded"] else "kept"
    return f"The threshold ({scenario['threshold']}) is {held}. {observed}"


def version_rows(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "Version": v["version"],
            "Built": minute(v["time"]),
            "By": v["by"],
            "Standing": percent(v["share"], 0),
            "Open points": v["open"],
            "Text of": v["statute"],
            "SHA-256": v["sha256"],
            "Leaf": v["leaf"],
        }
        for v in versions
    ]


def changes_sentence(changes: list[dict[str, Any]], first: int, second: int) -> str:
    if not changes:
        return f"Versions {first} and {second} say the same."
    fields = len({change["field"] for change in changes})
    return f"{count(len(changes), 'difference')} in {count(fields, 'field')} from version {first} to {second}."


def change_rows(changes: list[dict[str, Any]], first: int, second: int) -> list[dict[str, str]]:
    return [
        {
            "Field": f"{c['field']} {c['title']}",
            "What": c["what"],
            "Change": c["change"],
            f"Version {first}": c["old"] or "",
            f"Version {second}": c["new"] or "",
        }
        for c in changes
    ]


def crosswalk_rows(document: dict[str, Any]) -> list[dict[str, str]]:
    titles = {field["id"]: field["title"] for field in fields_of(document)}
    return [
        {
            "Annex IV": f"{row['field']} {titles[row['field']]}",
            "NIST AI RMF 1.0": ", ".join(row["nist_ai_rmf"]),
            "ISO/IEC 42001:2023": ", ".join(row["iso_42001"]),
        }
        for row in document["crosswalk"]
    ]


def _line(text: str) -> str:
    """`text` in one line: in a comment of SQL a further one would be a command."""
    return " ".join(text.split())


def _progress(document: dict[str, Any], id_: str) -> dict[str, Any]:
    return next(found for found in document["progress"] if found["point"] == id_)
