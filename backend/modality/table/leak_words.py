"""What the leakage guards found, in sentences: what was measured, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...workspace.formats import interval, percent_interval, points

VOUCH = "leave it out, or say why it is known when the decision is made"
BIASED = "score is biased upwards."  # how the sheet's lines on rows in two splits end (backend/data/sheet.py)
MOST = 12  # of the sheet's warnings
TITLE = {
    "predicts": "predicts the target alone",
    "filled": "known for one class only",
    "constant": "one value within a class",
    "later": "later than the split time",
    "between": "the time between two dates predicts the target",
    "unit": "a unit in two splits",
    "drift": "the order of the rows gives the target away",
    "identifier": "names the row",
}


def figure(one: dict[str, Any]) -> str:
    """The finding's figure with its interval: "AUROC 0.974 [0.964, 0.981]"."""
    found = {"value": one["figure"], "low": one["low"], "high": one["high"]}
    if one["measure"] == "auroc":
        return f"AUROC {interval(found, digits=3)}"
    if one["measure"] == "r2":
        return f"R² {interval(found)}"
    return points(found, sign=False) if one["measure"] == "difference" else percent_interval(found)


def sentence(one: dict[str, Any], label: str | None) -> str:
    """What was found in a column, and what to do about it. label: the column that is predicted."""
    return _SAID[one["kind"]](one, label or "the target")


def _predicts(one: dict[str, Any], label: str) -> str:
    beside = ""
    if one["why"] == "beats the rest":
        rest = interval(one["rest"], digits=3 if one["measure"] == "auroc" else 2)
        beside = f", more than all other columns together ({rest})"
    return f"{one['column']} alone predicts {label} ({figure(one)}{beside}): {VOUCH}."


def _filled(one: dict[str, Any], label: str) -> str:
    return (
        f"{one['column']} is known for {percent_interval(one['inside'])} of the rows with {label} = {one['of']} and "
        f"for {percent_interval(one['outside'])} of the others: it looks filled after the outcome; {VOUCH}."
    )


def _constant(one: dict[str, Any], label: str) -> str:
    return (
        f"{one['column']} is {one['value']} for {percent_interval(one['inside'])} of the rows with {label} = "
        f"{one['of']} and for {percent_interval(one['outside'])} of the others: it looks like a part of the outcome; "
        f"{VOUCH}."
    )


def _later(one: dict[str, Any], label: str) -> str:
    return (
        f"{one['column']} is later than {one['other']} in {figure(one)} of the training rows, so it tells of a time "
        f"after the decision: {VOUCH}."
    )


def _between(one: dict[str, Any], label: str) -> str:
    return (
        f"The days from {one['other']} to {one['column']} predict {label} alone ({figure(one)}): one of these dates "
        f"looks written after the outcome; {VOUCH}."
    )


def _drift(one: dict[str, Any], label: str) -> str:
    what = f"{one['column']} counts the rows and" if one["column"] else "The order of the rows"
    return (
        f"{what} gives {label} away ({figure(one)}): rows that lie together are alike, so a random split flatters; "
        "split by time (split_time) or by unit (split_by)."
    )


def _identifier(one: dict[str, Any], label: str) -> str:
    return (
        f"{one['column']} has a value of its own in {figure(one)} of the rows and would let a model learn rows by "
        "heart: make it an identifier, which is left out."
    )


def _unit(one: dict[str, Any], label: str) -> str:
    held = {"val": "validation"}.get(one["why"], one["why"])
    if not one["column"]:
        return f"{figure(one)} of the {held} rows are of a unit that stands in train as well: split by unit."
    return (
        f"{figure(one)} of the {held} rows have a {one['column']} that stands in train as well: if its rows are of one "
        f"person or thing, split by it (split_by)."
    )


_SAID = {
    "predicts": _predicts,
    "filled": _filled,
    "constant": _constant,
    "later": _later,
    "between": _between,
    "drift": _drift,
    "identifier": _identifier,
    "unit": _unit,
}


def warnings(found: Sequence[dict[str, Any]], label: str | None) -> list[str]:
    """One sentence a column, its gravest finding; those on units are the sheet's own."""
    first: dict[str, dict[str, Any]] = {}
    for one in found:
        if one["kind"] != "unit" or one["column"]:
            first.setdefault(one["column"], one)
    said = [sentence(one, label) for one in first.values()]
    more = len(said) - MOST
    return said[:MOST] + ([f"{more:,} further columns were found by the leakage guards."] if more > 0 else [])


def among(said: Sequence[str], found: Sequence[dict[str, Any]], label: str | None) -> list[str]:
    """The sheet's warnings with those of the guards, behind the ones on rows that stand in two splits."""
    across = sum(line.endswith(BIASED) for line in said)
    return [*said[:across], *warnings(found, label), *said[across:]]


def grave(said: Sequence[str]) -> str:
    """Of a sheet's warnings, half a sentence on the columns that a person has to vouch for; "" where there are none."""
    count = sum(line.endswith(f"{VOUCH}.") for line in said)
    if not count:
        return ""
    return "one column may give the answer away" if count == 1 else f"{count} columns may give the answer away"
