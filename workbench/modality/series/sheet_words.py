"""The data sheet of sensor series in rows and sentences. Pure: bodies of the sheet in, words out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backend.workspace.formats import compact, decimal, percent

CHANNELS = (
    "Drift: the mean over the last fifth of the lives less that over the first fifth, in standard deviations. Stands "
    "still: units in which the channel does not change for half of their readings, where that is rare."
)
GUARDS = (
    "Looked for: a channel that is the target under another name, or that counts with time; units with the same or "
    "nearly the same readings; windows that lie across two splits, which are left out. Means and deviations come from "
    "training units alone."
)


def unit_of(told: Mapping[str, Any]) -> str:
    return told["time"]["unit"] or "steps"


def lasting(value: float, unit: str) -> str:
    """ "1 hour", "2.5 hours" """
    return f"{compact(value)} {unit.removesuffix('s') if value == 1 else unit}"


def sampling_rows(told: Mapping[str, Any]) -> list[dict[str, str]]:
    """What there is, and how the readings lie in time. told: `series` of the sheet."""
    unit = unit_of(told)
    lives, each = told["lives"], told["per_unit"]
    rows = {
        "Units": ", ".join(f"{split} {count:,}" for split, count in told["units"].items()),
        "Readings": f"{told['readings']:,} of {told['rows']:,} rows",
        "Time": _time(told),
        "A step": lasting(told["step"], unit),
        "A unit is followed for": f"{_spread(lives)} {unit}",
        "Readings of a unit": _spread(each),
        "A window": f"{told['window']:,} steps, one every {told['stride']:,}",
        "Gaps": f"{told['gaps']:,}, the longest {compact(told['longest_gap'])} {unit}" if told["gaps"] else "none",
        "In the same step": f"{told['merged']:,} rows, averaged" if told["merged"] else "none",
        "Out of order": f"{told['back']:,} rows, put in order" if told["back"] else "none",
        "Known of a unit": ", ".join(told["static"]) or "nothing beside its readings",
    }
    return [{"What": what, "Found": found} for what, found in rows.items()]


def _spread(quartiles: Sequence[float]) -> str:
    """ "303 (179 to 419)": the median and the range."""
    return f"{compact(quartiles[2])} ({compact(quartiles[0])} to {compact(quartiles[4])})"


def _time(told: Mapping[str, Any]) -> str:
    column, kind = told["time"]["column"], told["time"]["kind"]
    if kind == "place":
        return "no column says when: readings are taken to lie one step apart"
    return f"{column} ({'time stamps' if kind == 'stamp' else 'numbers'}), in {unit_of(told)}"


def channel_rows(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row a channel that is used, then the columns that are none and why."""
    rows = [
        {
            "Channel": one["name"],
            "From": compact(one["low"]),
            "To": compact(one["high"]),
            "Mean": compact(one["mean"]),
            "Deviation": compact(one["std"]),
            "Missing": percent(one["missing"]),
            "Drift (deviations)": decimal(one["drift"], 2, sign=True),
            "Stands still": f"in {one['stuck']:,} units" if one["stuck"] else "",
            "Left out": "",
        }
        for one in told["channels"]
        if one["std"]
    ]
    blank = dict.fromkeys(rows[0], "") if rows else {}
    return rows + [{**blank, "Channel": one["name"], "Left out": one["why"]} for one in told["left_out"]]


def leak_rows(told: Mapping[str, Any]) -> list[dict[str, str]]:
    """What gives the answer away, or makes a split one in name alone."""
    said = {
        "target": "is the target under another name: leave it out",
        "class": "alone tells the classes apart: is it known when the answer is asked for?",
        "time": "counts with time: from it a model can read how old a unit is",
    }
    rows = [
        {"What": f"Channel {one['channel']}", "Found": said[one["what"]], "Measure": decimal(one["value"], 3)}
        for one in told["leaks"]
    ]
    same = told["same_units"]["groups"]
    rows += [
        {"What": f"Units {', '.join(names[:4])}", "Found": "have the same readings", "Measure": ""}
        for names in same[:5]
    ]
    near = told.get("near_units", [])  # sheets of earlier versions do not say
    return rows + [
        {"What": f"Units {' and '.join(pair)}", "Found": "have nearly the same readings", "Measure": ""}
        for pair in near[:5]
    ]


def clean(told: Mapping[str, Any]) -> str:
    count = sum(1 for one in told["channels"] if one["std"])
    alike = "the same or nearly the same readings" if "near_units" in told else "the same readings"
    if count == 1:
        return f"The channel gives neither the answer nor the time away, and no two units have {alike}."
    return f"None of the {count:,} channels gives the answer or the time away, and no two units have {alike}."
