"""What a study can see: the plan that was made before the test labels were read, and what came of it. Pure."""

from __future__ import annotations

from typing import Any

from backend.statistics.power import POWER
from backend.workspace.formats import chosen, duration, in_words

from ..targets import said_of


def counted(verdict: dict[str, Any]) -> str:
    """ "five subsets", or of a planned study "5 to 24 subsets" """
    subsets = list(verdict.get("subsets", {}).values())
    if not subsets or min(subsets) == max(subsets):
        return in_words(verdict["subset_seeds"], "subset")
    return f"{min(subsets)} to {max(subsets)} subsets"


def could_see(verdict: dict[str, Any], contrast: dict[str, Any] | None) -> str:
    """How large a difference would have been found by this study; empty where no interval could be given."""
    if contrast is None or contrast.get("error") is None:  # older records have none
        return ""
    found, figures = contrast["difference"], said_of(verdict).figures
    smallest = (found["high"] - found["low"]) / 2 + POWER * contrast["error"]
    return (
        f"What this study could see at {chosen(contrast['fraction'])} labels: a true difference of "
        f"{figures.size(smallest)} would be found by 8 in 10 such studies."
    )


def lines(plan: dict[str, Any], verdict: dict[str, Any]) -> list[str]:
    """The plan, what is expected of it, and what the rest would take. verdict: the record that names the metric."""
    figures = said_of(verdict).figures
    pilot, asked = plan["pilot"], figures.margin(plan["precision"])
    widths = ", ".join(f"±{figures.size(one['half_width'])} at {chosen(one['fraction'])}" for one in plan["expected"])
    said = [
        f"The plan was made before the test labels were read. A pilot of {in_words(pilot['subsets'], 'label subset')} "
        f"({duration(pilot['seconds'])}) showed how much the models' scores vary on {pilot['validation_rows']:,} "
        f"validation rows; which model scored higher was not used. Wanted: intervals of at most ±{asked}."
    ]
    if widths:
        said.append(f"Expected of the widest intervals: {widths} of the labels.")
    if plan["ended_by"] == "minutes":
        said.append(f"The {plan['minutes']:g} minutes did not allow more subsets. {_would_take(plan)}")
    elif plan["ended_by"] == "subsets":
        said.append("Some intervals stay wider with any number of subsets up to 50: more test rows would narrow them.")
    return said


def _would_take(plan: dict[str, Any]) -> str:
    if plan["would_take"] is None:
        return "With more minutes some intervals would still be wider: that takes more test rows."
    return f"All intervals would be narrow enough after about {duration(plan['would_take'])}."
