"""The data: counts, groups, missing values, duplicates, warnings."""

from __future__ import annotations

from typing import Any

from ... import modality
from ...verdicts import data as words
from ...verdicts import run as run_words
from ._base import Chapter, Table

SHEET_ROWS = 40
SPLITS = ("train", "val", "test")


def chapter(facts: dict[str, Any], service: Any) -> Chapter:
    manifest, sheet = facts["manifest"], facts["sheet"]
    data, tables = modality.of(manifest), []
    noun = data.words.title
    if sheet.get("counts"):
        classes = sheet.get("class_counts") or {}
        splits = sorted(sheet["counts"], key=SPLITS.index)
        rows = [{"Split": s, noun: sheet["counts"][s], **classes.get(s, {})} for s in splits]
        tables.append(Table(f"{noun} by split and class" if classes else f"{noun} by split", rows))
    for attribute, groups in (sheet.get("crosses") or {}).items() if manifest["classes"] else ():
        rows = [{attribute.capitalize(): group, **counts} for group, counts in list(groups.items())[:SHEET_ROWS]]
        tables.append(Table(f"Class by {attribute}", rows))
    if told := sheet.get("target"):
        rows = words.target_rows(told, sheet.get("orders") or {})
        tables.append(Table(f"Distribution of {told['column']}", rows[:SHEET_ROWS]))
    missing = {column: n for column, n in (sheet.get("missing") or {}).items() if n}
    if missing:
        tables.append(Table("Missing values", [{"Column": c, "Missing": n} for c, n in missing.items()]))
    copies = _duplicates(sheet.get("duplicates") or {}, noun)
    if copies:
        tables.append(Table("Duplicates", copies))
    warnings = sheet.get("warnings") or []
    found = f"{len(warnings)} warnings" if len(warnings) != 1 else "1 warning"
    verdict = f"{run_words.dataset_line(manifest)}; {found if warnings else 'nothing wrong was found on arrival'}."
    sentences = [*warnings, f"Content digest {manifest['digest']}."]
    out = Chapter(verdict, sentences, tables)
    data.chapters.data_sheet(out, manifest, sheet)
    return out


def _duplicates(found: dict[str, Any], noun: str) -> list[dict[str, Any]]:
    within = [{"What": "Exact copies", "Where": s, noun: n} for s, n in found.get("exact_within", {}).items() if n]
    across = [
        {"What": what, "Where": " and ".join(pair["splits"]), noun: pair["count"]}
        for what, kind in (("Exact copies", "exact_across"), ("Near copies", "near_across"))
        for pair in found.get(kind, ())
        if pair["count"]
    ]
    return within + across
