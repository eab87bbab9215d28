"""The sheet of a table in rows and lines: what the guards found, missing values, what goes together. Pure."""

from __future__ import annotations

from typing import Any

from backend.modality.table import leak_words
from backend.statistics.proportions import wilson
from backend.workspace.formats import interval, percent, percent_interval

MEASURE = {"spearman": "Spearman's ρ", "cramers_v": "Cramér's V", "eta": "η (ranks)"}
HOW = (
    "ρ: rank correlation of two numbers or dates, −1 to 1. V: of two categories, 0 to 1. η: of a number and a "
    "category, 0 to 1. 95 % intervals."
)
CLEAN = (
    "No column was found that predicts the target alone, is known for one class only, has one value within a class or "
    "names the row, and the order of the rows does not give the target away."
)
CLEAN_OF_NUMBER = (
    "No column was found that predicts the target alone or names the row, and the order of the rows does not give the "
    "target away."
)
UNTESTED = "Without a label only identifiers and units could be looked at."
GUARDS = (
    "Columns are judged on training rows, by rules that were fixed beforehand. One is flagged when it alone predicts "
    "the target with an AUROC or R² of at least 0.95, or of at least 0.90 (R² 0.85) and better than all other columns "
    "together; the lower end of its 95 % interval has to reach the bound."
)
EVERY = "all rows"


def leak_rows(sheet: dict[str, Any]) -> list[dict[str, str]]:
    """One row a finding."""
    return [
        {
            "Column": one["column"] or "(rows)",
            "Finding": leak_words.TITLE[one["kind"]],
            "Figure": leak_words.figure(one),
            "Compared with": _beside(one),
        }
        for one in sheet["leaks"]
    ]


def _beside(one: dict[str, Any]) -> str:
    """What the finding was compared with, where it was."""
    if "rest" in one:
        return f"all other columns together: {interval(one['rest'], digits=3 if one['measure'] == 'auroc' else 2)}"
    if "inside" in one:
        return f"{one['of']}: {percent_interval(one['inside'])}, others: {percent_interval(one['outside'])}"
    return one.get("other", "")


def names(sheet: dict[str, Any]) -> list[str]:
    """The columns whose distribution is told: those that a model reads first, else in the source's order."""
    known = [one for one in sheet["columns"] if one["name"] in sheet["describe"]["distributions"]]
    return [one["name"] for one in sorted(known, key=lambda one: not one["feature"])]


def clean(manifest: dict[str, Any]) -> str:
    """Said where the guards found nothing."""
    if not predicted(manifest):
        return UNTESTED
    return CLEAN if manifest["classes"] else CLEAN_OF_NUMBER


def predicted(manifest: dict[str, Any]) -> str | None:
    """The column that is predicted; None where nothing is."""
    return manifest["label"] or (manifest.get("target") or {}).get("column")


def column_rows(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a column: its type and why, whether a model reads it, how much is missing."""
    total = sum(sheet["counts"].values())
    return [
        {
            "Column": one["name"],
            "Type": one["type"],
            "Why": one["why"],
            "Model reads it": "yes" if one["feature"] else "no",
            "Missing": percent(one["missing"] / total if total else None) if one["missing"] else "",
            "Different values": one["distinct"],
        }
        for one in sheet["columns"]
    ]


def constant_rows(sheet: dict[str, Any]) -> list[dict[str, str]]:
    """Columns in which one value makes nearly all."""
    return [
        {"Column": one["name"], "Value": str(one["value"]), "Share of the known values": percent(one["share"])}
        for one in sheet["describe"]["near_constant"]
    ]


def pair_rows(sheet: dict[str, Any]) -> list[dict[str, str]]:
    """The pairs of columns that go together most."""
    return [
        {
            "Column": one["a"],
            "and": one["b"],
            "Measure": MEASURE[one["measure"]],
            "Value": interval(one),
            "Rows": f"{one['rows']:,}",
        }
        for one in sheet["describe"]["correlations"]["pairs"]
    ]


def missing_rows(sheet: dict[str, Any], by: str) -> list[dict[str, str]]:
    """One row a column: the share without a value, in each class or group of `by` ("class" or an attribute)."""
    rows = []
    for one in sheet["describe"]["missing"]["columns"]:
        members = in_order(one["classes"], sheet) if by == "class" else one["groups"].get(by, {})
        row = {"Column": one["name"], EVERY: share(one["missing"], one["rows"])}
        rows.append(row | {member: share(gone, of) for member, (gone, of) in members.items()})
    return rows


def share(hits: int, trials: int) -> str:
    """ "3.1 % [2.0, 4.6]", by Wilson."""
    return percent_interval(wilson(hits, trials).as_dict())


def pattern_rows(sheet: dict[str, Any]) -> list[dict[str, str]]:
    """Which columns lack a value together, the most frequent sets first."""
    found = sheet["describe"]["missing"]["patterns"]
    return [
        {
            "Missing together": ", ".join(one["columns"]) or "(nothing missing)",
            "Rows": f"{one['rows']:,}",
            "Share": percent(one["rows"] / sheet["describe"]["rows"]),
        }
        for one in found
    ]


def by(manifest: dict[str, Any], sheet: dict[str, Any]) -> list[str]:
    """By what a column's distribution and gaps can be split: the class (or quarters of a number), each attribute."""
    first = next(iter(sheet["describe"]["distributions"].values()), {"classes": {}, "groups": {}})
    return (["class"] if first["classes"] else []) + [name for name in manifest["sensitive"] if name in first["groups"]]


def named(key: str, manifest: dict[str, Any]) -> str:
    """What `by` is called: "class" of a number is the parts between its quartiles, which may coincide."""
    if key != "class":
        return key
    return f"{predicted(manifest)}" if manifest["classes"] else f"{predicted(manifest)}, cut at its quartiles"


def in_order(members: dict[str, Any], sheet: dict[str, Any]) -> dict[str, Any]:
    """Classes as they are stored, parts of a number from low to high."""
    bands = sheet["describe"].get("bands") or []
    return {band: members[band] for band in bands} if set(bands) == set(members) else members


def looked_at(sheet: dict[str, Any]) -> str:
    """On how many rows it was counted, and what was left out."""
    found, total = sheet["describe"], sum(sheet["counts"].values())
    few = f"Counted on {found['rows']:,} of {total:,} rows, drawn at random. " if found["rows"] < total else ""
    more = found["left_out"]
    return few + (f"{more:,} further columns are not drawn." if more else "")
