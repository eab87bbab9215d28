"""The trade-off at other costs and budgets than the stated ones, from the curves that a run has logged. Pure: rows of
the tables `decide/budgets` and `decide/thresholds` (docs/events.md) -> sentences and rows.

Thresholds were fixed on validation for every probability on the curves; a person only picks another point of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.statistics.costs import Costs, Spread
from backend.workspace.formats import chosen, percent, percent_interval, points, quantity_interval

if TYPE_CHECKING:
    import pandas as pd

    from backend.statistics.paired import Estimate

    from ..modality._words import Words

ROWS = 1000
EXPLORING = (
    "These figures are read from curves that the run logged: no test row is looked at again, and calibration was fixed "
    "on validation for every point of them. But other costs or budgets than the stated ones are chosen after the fact: "
    "what is claimed rests on the stated ones."
)


def budgets(table: pd.DataFrame) -> list[float]:
    """The shares of the rows that are on the curves."""
    return sorted(map(float, table["budget"].unique()))


def at_budget(table: pd.DataFrame, fraction: float, budget: float, of: Words) -> list[dict[str, str]]:
    """What every arm finds at another alert budget, and pretraining beside it, a row an arm."""
    here = table[(table["fraction"] == fraction) & (table["budget"] == budget)]
    rows = []
    for arm in here.loc[here["against"] == "", "arm"].unique():
        row = {"Model": of.arm_names[arm]}
        for measure, heading in (("recall", "Found"), ("precision", "Precision")):
            own = _one(here, measure=measure, arm=arm, against="")
            row[f"{heading} at {chosen(budget)} alerts"] = percent_interval(own)
            beside = _one(here, measure=measure, arm="ssl", against=arm)
            row[f"Pretraining less this: {heading.lower()}"] = "" if beside is None else points(beside)
        rows.append(row)
    return rows


def at_costs(
    table: pd.DataFrame, fraction: float, costs: Costs, unit: str, of: Words
) -> tuple[float, list[dict[str, str]]]:
    """(threshold on the curve nearest to the one that follows from these costs, a row an arm: outcomes and cost of
    1,000 rows, pretraining beside it)."""
    here = table[table["fraction"] == fraction]
    at = min(here["threshold"].unique(), key=lambda t: abs(_odds(t) - _odds(costs.threshold)))
    here, rows = here[here["threshold"] == at], []
    for arm in here.loc[here["against"] == "", "arm"].unique():
        own = _one(here, arm=arm, against="")
        beside = _one(here, arm="ssl", against=arm)
        told = Spread.from_row(own)
        row = {"Model": of.arm_names[arm]}
        for name, weights in zip(("Missed", "False alarms", "Found"), ROWS * np.eye(3), strict=True):
            row[f"{name} per 1,000"] = quantity_interval(_bounded(told.sum(weights), 0.0))
        row[f"Cost per 1,000 ({unit})"] = quantity_interval(_cost(told, costs, 0.0))
        row["Pretraining less this"] = (
            "" if beside is None else quantity_interval(_cost(Spread.from_row(beside), costs), None, True)
        )
        rows.append(row)
    return float(at), rows


def curve(table: pd.DataFrame, fraction: float, costs: Costs) -> dict[str, list[dict[str, Any]]]:
    """{arm: [{threshold, value, low, high}]}: the cost of 1,000 rows along the thresholds."""
    found: dict[str, list[dict[str, Any]]] = {}
    here = table[(table["fraction"] == fraction) & (table["against"] == "")].sort_values("threshold")
    for row in here.to_dict("records"):
        told = {"threshold": row["threshold"], **_cost(Spread.from_row(row), costs, 0.0)}
        found.setdefault(row["arm"], []).append(told)
    return found


def stated(costs: Costs, threshold: float) -> str:
    """Which threshold these costs ask for."""
    if costs.threshold >= 1:
        return "At these costs no alert pays: looking at it costs as much as a missed positive row."
    wanted = percent(costs.threshold)
    near = "" if abs(threshold - costs.threshold) < 1e-9 else f"; the nearest one on the curve is {percent(threshold)}"
    return f"At these costs an alert pays from a calibrated probability of {wanted} on{near}."


def _cost(told: Spread, costs: Costs, least: float | None = None) -> dict[str, float | None]:
    return _bounded(told.cost(costs, ROWS), least)


def _bounded(estimate: Estimate, least: float | None) -> dict[str, float | None]:
    found = estimate.as_interval()
    if least is not None and found["low"] is not None:
        found["low"] = max(least, found["low"])
    return found


def _one(table: pd.DataFrame, **wanted: str) -> Mapping[str, Any] | None:
    for name, value in wanted.items():
        table = table[table[name] == value]
    rows: Sequence[dict[str, Any]] = table.to_dict("records")
    return rows[0] if rows else None


def _odds(share: float) -> float:
    share = min(max(share, 1e-9), 1 - 1e-9)
    return log(share / (1 - share))
