"""The data sheet: what a person should know of a data set before they train on it, counted on arrival."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from . import sheet_target
from .columns import MISSING
from .dataset import SPLITS

SMALL_GROUP = 30


def counts(split: np.ndarray, labels: np.ndarray, classes: list[str]) -> tuple[dict, dict]:
    """({split: n}, {split: {class: n}})"""
    per_split = {s: int((split == s).sum()) for s in SPLITS}
    per_class = {
        s: {c: int(((split == s) & (labels == k)).sum()) for k, c in enumerate(classes)} for s in SPLITS if classes
    }
    return per_split, per_class


def crosses(groups: dict[str, pd.Series], labels: np.ndarray, classes: list[str]) -> dict:
    """{attribute: {group: {class: n}}}, all splits together; images without a label are left out."""
    return {
        attribute: {
            g: {c: int(((column == g) & (labels == k)).sum()) for k, c in enumerate(classes)} for g in column.unique()
        }
        for attribute, column in groups.items()
    }


def group_leaks(split: np.ndarray, unit: pd.Series | None) -> list[dict[str, Any]]:
    """[{"splits": [a, b], "count": units that stand in both}], pairs without a leak left out."""
    if unit is None:
        return []
    members = {s: set(unit[split == s]) for s in SPLITS}
    found = [
        {"splits": list(pair), "count": len(members[pair[0]] & members[pair[1]])} for pair in combinations(SPLITS, 2)
    ]
    return [leak for leak in found if leak["count"]]


def warnings(
    sheet: dict[str, Any], split: np.ndarray, groups: dict[str, pd.Series], conflicts: int, noun: str, same: str
) -> list[str]:
    """Plain sentences, the gravest first: leaks, then labels, then groups, then what was changed.

    noun: what a row is; same: what two rows share that are the same ("pixels").
    """
    found = sheet["duplicates"]
    said = [_duplicate(d, "also", "", noun) for d in found["exact_across"] if d["count"]]
    said += [_leak(leak, sheet["label"]["group"]) for leak in sheet["group_leaks"]]
    said += [_duplicate(d, "nearly", " (near duplicates)", noun) for d in found["near_across"] if d["count"]]
    if not found["near_complete"]:
        said.append(f"The search for near duplicates stopped early: too many {noun}s, or too many that look alike.")
    said += [
        f"{number(n, noun)} of {s} repeat{'s' if n == 1 else ''} an earlier one exactly."
        for s, n in found["exact_within"].items()
        if n
    ]
    if conflicts:
        other = sheet.get("target", {}).get("type", "label")
        said.append(f"{number(conflicts, noun)} share their {same} with one of another {other}.")
    said += _labels(sheet, noun)
    said += [_alike(column, found) for column, found in sheet.get("alike", {}).items()]
    for attribute, column in groups.items():
        said += _groups(attribute, column[split == "test"].value_counts(), column, noun)
    return said


def _duplicate(d: dict[str, Any], also: str, note: str, noun: str) -> str:
    first, second = d["splits"]
    verb = "stands" if d["count"] == 1 else "stand"
    name = {"val": "validation"}.get(second, second)
    return (
        f"{d['count']:,} {name} {noun}{'' if d['count'] == 1 else 's'} {also} {verb} in {first}{note}: "
        f"the {name} score is biased upwards."
    )


def _leak(leak: dict[str, Any], group: str) -> str:
    first, second = leak["splits"]
    return f"{leak['count']:,} units of {group} stand in {first} and {second}: the {second} score is biased upwards."


def _labels(sheet: dict[str, Any], noun: str) -> list[str]:
    said = sheet_target.warnings(sheet["target"], noun) if "target" in sheet else []
    if sheet["label"]["missing"]:
        said.append(f"{number(sheet['label']['missing'], noun)} without a label: used for pretraining only.")
    for s, per_class in sheet["class_counts"].items():
        absent = [c for c, n in per_class.items() if n == 0]
        if absent:
            said.append(f"{s} has no {noun} of {', '.join(absent[:5])}.")
    return said


def _alike(column: str, found: list[list[str]]) -> str:
    shown = "; ".join(", ".join(group[:3]) for group in found[:3]) + ("; ..." if len(found) > 3 else "")
    return (
        f"{column}: {len(found):,} {'value is' if len(found) == 1 else 'values are'} written in several ways, which "
        f"are kept apart ({shown})."
    )


def _groups(attribute: str, in_test: pd.Series, column: pd.Series, noun: str) -> list[str]:
    small = [g for g in column.unique() if g != MISSING and in_test.get(g, 0) < SMALL_GROUP]
    said = [f"{attribute}: only {in_test.get(g, 0)} test {noun}s of {g!r}, too few to say much about." for g in small]
    unknown = int((column == MISSING).sum())
    return said + ([f"{attribute}: not known for {number(unknown, noun)}."] if unknown else [])


def number(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
