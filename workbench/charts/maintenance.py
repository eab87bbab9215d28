"""Figures of alarms over time: failures found against alarms, and what a unit costs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from backend.workspace.formats import chosen, decimal, interval, percent_interval

from ..frame.safe import drawn
from ..verdicts import maintenance as words
from .theme import ARM, DASHES, MARKERS, PALETTE, style

if TYPE_CHECKING:
    import pandas as pd

    from ..modality._words import Words

MOST = 8  # lines of a figure
PLOT, LINE = 380, 20  # pixels of a figure without the names of its lines, and of a name


def found(table: pd.DataFrame, body: Mapping[str, Any], fraction: float, of: Words) -> go.Figure:
    """Share of the failures that is found against alarms, a model a line; larger at the stated share of windows. 95 %
    bars of the models that validation chose; those of the others stand in the table."""
    figure = go.Figure()
    here = table[(table["fraction"] == fraction) & (table["method"] != words.NEVER)]
    for place, (name, own, colour) in enumerate(_models(here, of)):
        own = own.sort_values("share")
        told = [_ends(row, "found") for row in own.to_dict("records")]
        raised = [_ends(row, "alarms") for row in own.to_dict("records")]
        text = [
            f"{percent_interval(one)} found at {interval(alarms)} alarms ({chosen(share)} of the windows)"
            for one, alarms, share in zip(told, raised, own["share"], strict=True)
        ]
        stated = [14 if share == body["share"] else 7 for share in own["share"]]
        figure.add_trace(
            go.Scatter(
                x=own["alarms_value"],
                y=[None if one["value"] is None else 100 * one["value"] for one in told],
                error_y=_bars(told) if own["best"].all() else None,
                mode="lines+markers",
                name=drawn(name),
                line={"color": colour, "width": 2, "dash": DASHES[place % len(DASHES)]},
                marker={"symbol": MARKERS[place % len(MARKERS)], "size": stated},
                text=text,
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
            )
        )
    style(figure, "Failures found against alarms raised", f"alarms {words.per(body)}", "failures found (%)")
    figure.update_yaxes(range=[-3, 103])
    figure.update_xaxes(rangemode="tozero")
    return _keyed(figure)


def costs(told: list[dict[str, Any]], body: Mapping[str, Any], money: str, of: Words) -> go.Figure:
    """What a unit costs against the share of windows that alarm, a model a line; 95 % bars as of `found`."""
    import pandas as pd

    figure, table = go.Figure(), pd.DataFrame(told)
    for place, (name, own, colour) in enumerate(_models(table[table["method"] != words.NEVER], of)):
        own = own.sort_values("share")
        rows = own.to_dict("records")
        figure.add_trace(
            go.Scatter(
                x=[100 * row["share"] for row in rows],
                y=[row["value"] for row in rows],
                error_y=_bars(rows, 1) if own["best"].all() else None,
                mode="lines+markers",
                name=drawn(name),
                line={"color": colour, "width": 2, "dash": DASHES[place % len(DASHES)]},
                marker={"symbol": MARKERS[place % len(MARKERS)], "size": 7},
                text=[f"{decimal(row['value'])} at {chosen(row['share'])} of the windows" for row in rows],
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
            )
        )
    title = f"What a unit costs ({drawn(money)})"
    style(figure, title, "windows that alarm (%, by validation)", f"cost {words.per(body)}")
    figure.update_xaxes(type="log", tickvals=[0.2, 0.5, 1, 2, 5, 10, 20, 50])
    figure.update_yaxes(rangemode="tozero")
    return _keyed(figure)


def _keyed(figure: go.Figure) -> go.Figure:
    """With the names of the models beneath, one a line where the page is narrow, and as much room for them."""
    room = LINE * len(figure.data)
    figure.update_layout(legend={"y": 0, "yref": "container", "yanchor": "bottom"})
    return figure.update_layout(height=PLOT + room, margin={"b": 60 + room})


def _models(table: pd.DataFrame, of: Words) -> list[tuple[str, pd.DataFrame, str]]:
    """(name, rows, colour) of each model, those of pretraining first."""
    pairs = sorted(
        dict.fromkeys(zip(table["arm"], table["method"], strict=True)), key=lambda one: list(ARM).index(one[0])
    )
    found, extra = [], iter([colour for colour in PALETTE if colour not in ARM.values()] * 3)
    taken: set[str] = set()
    for arm, method in pairs[:MOST]:
        colour = ARM[arm] if arm not in taken else next(extra)
        taken.add(arm)
        own = table[(table["arm"] == arm) & (table["method"] == method)]
        name = words.named({"arm": arm, "method": method}, of) if arm == words.CLASSICAL else of.arm_names[arm]
        found.append((name, own, colour))
    return found


def _ends(row: Mapping[str, Any], name: str) -> dict[str, float | None]:
    told = {end: row[f"{name}_{end}"] for end in ("value", "low", "high")}
    return {end: None if value is None or value != value else value for end, value in told.items()}


def _bars(told: list[Mapping[str, Any]], scale: float = 100) -> dict[str, Any]:
    def away(one: Mapping[str, Any], end: str) -> float:
        known = one["value"] is not None and one[end] is not None and one[end] == one[end]
        return scale * abs(one[end] - one["value"]) if known else 0.0

    high, low = ([away(one, end) for one in told] for end in ("high", "low"))
    return {"type": "data", "array": high, "arrayminus": low, "thickness": 1, "width": 2}
