"""Figures of decisions: do probabilities mean what they say, what a budget of alerts finds, what a threshold costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from backend.workspace.formats import chosen, percent, percent_interval, quantity_interval

from ..frame.safe import drawn
from .theme import ARM, DASHES, GREY, INK, MARKERS, style

if TYPE_CHECKING:
    import pandas as pd

    from ..modality._words import Words

WHEN = {"before": "as they are", "after": "calibrated on validation"}


def reliability(entry: dict[str, Any], of: Words) -> go.Figure:
    """Share of positives against the probability, before and after calibration; 95 % bars, the diagonal is perfect."""
    figure, colour = go.Figure(), ARM[entry["arm"]]
    most = 0.0
    for (when, said), shade, marker in zip(WHEN.items(), (GREY, colour), MARKERS, strict=False):
        bins = entry["calibration"]["reliability"][when]
        most = max(most, *(b["predicted"] for b in bins), *(b["observed"]["high"] or 0 for b in bins))
        observed = [b["observed"] for b in bins]
        figure.add_trace(
            go.Scatter(
                x=[100 * b["predicted"] for b in bins],
                y=[100 * o["value"] for o in observed],
                error_y=_bars(observed, 100),
                mode="lines+markers",
                name=said,
                marker={"symbol": marker, "size": 8},
                line={"color": shade, "width": 2, "dash": "dot" if when == "before" else "solid"},
                text=[f"{percent_interval(b['observed'])} of {b['rows']:,} rows" for b in bins],
                hovertemplate="probability %{x:.1f} %: %{text}<extra>%{fullData.name}</extra>",
            )
        )
    end = 100 * min(1.0, 1.05 * most)
    line = {"color": INK, "width": 1, "dash": "dash"}
    figure.add_trace(go.Scatter(x=[0, end], y=[0, end], mode="lines", line=line, name="perfect", hoverinfo="skip"))
    title = f"{of.arm_names[entry['arm']]}: do the probabilities hold?"
    style(figure, title, "probability of a positive row (%)", "positive rows (%)", 420)
    figure.update_yaxes(rangemode="tozero")
    return figure.update_layout(legend={"y": -0.3})


def budgets(table: pd.DataFrame, fraction: float, budget: float, of: Words) -> go.Figure:
    """Share of the positive rows that is found against the share of the rows that is looked at, an arm a line, with its
    95 % band; the stated budget is marked."""
    figure = go.Figure()
    here = table[(table["fraction"] == fraction) & (table["against"] == "") & (table["measure"] == "recall")]
    for arm in (arm for arm in ARM if arm in set(here["arm"])):
        own = here[here["arm"] == arm].sort_values("budget").to_dict("records")
        place = list(ARM).index(arm)
        x = [100 * row["budget"] for row in own]
        _band(figure, x, own, 100, ARM[arm])
        figure.add_trace(
            go.Scatter(
                x=x,
                y=[100 * row["value"] for row in own],
                mode="lines+markers",
                name=of.arm_names[arm],
                marker={"symbol": MARKERS[place % len(MARKERS)], "size": 7},
                line={"color": ARM[arm], "dash": DASHES[place % len(DASHES)], "width": 2},
                text=[percent_interval(row) for row in own],
                hovertemplate="%{x:g} % looked at: %{text} found<extra>%{fullData.name}</extra>",
            )
        )
    style(figure, "What a budget of alerts finds, with 95 % bands", "", "positive rows found (%)", 460)
    _marked(figure, 100 * budget, f"stated: {chosen(budget)}")
    ticks = [100 * b for b in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)]
    figure.update_xaxes(
        type="log", title="rows that are looked at, the highest scores first (%, log scale)", tickvals=ticks,
        ticktext=[f"{t:g}" for t in ticks], minor={"ticks": ""},
    )  # fmt: skip
    return figure.update_layout(legend={"y": -0.3})


def costs(curves: dict[str, list[dict[str, Any]]], threshold: float, unit: str, of: Words) -> go.Figure:
    """Cost of 1,000 rows against the threshold, an arm a line, with the 95 % band of pretraining; the threshold that
    the costs ask for is marked."""
    figure, unit = go.Figure(), drawn(unit)
    for arm in (arm for arm in ARM if arm in curves):
        own, place = curves[arm], list(ARM).index(arm)
        x = [100 * row["threshold"] for row in own]
        if arm == "ssl":
            _band(figure, x, own, 1, ARM[arm])
        figure.add_trace(
            go.Scatter(
                x=x,
                y=[row["value"] for row in own],
                mode="lines",
                name=of.arm_names[arm],
                line={"color": ARM[arm], "dash": DASHES[place % len(DASHES)], "width": 2},
                text=[quantity_interval(row, unit) for row in own],
                hovertemplate="from %{x:.2g} % on: %{text}<extra>%{fullData.name}</extra>",
            )
        )
    title = "What 1,000 rows cost by the threshold, with the 95 % band of pretraining"
    style(figure, title, "", f"cost of 1,000 rows ({unit})", 460)
    if 0 < threshold < 1:
        _marked(figure, 100 * threshold, f"chosen: {percent(threshold)}")
    ticks = [0.3, 1, 3, 10, 30, 100]
    figure.update_xaxes(
        type="log", title="calibrated probability from which on an alert is raised (%, log scale)", tickvals=ticks,
        ticktext=[f"{t:g}" for t in ticks], minor={"ticks": ""},
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero")
    return figure.update_layout(legend={"y": -0.3}, margin={"l": 92})


def _bars(found: list[dict[str, Any]], scale: float) -> dict[str, Any]:
    up = [None if f["high"] is None else scale * (f["high"] - f["value"]) for f in found]
    down = [None if f["low"] is None else scale * (f["value"] - f["low"]) for f in found]
    return {"type": "data", "array": up, "arrayminus": down, "thickness": 1.2, "width": 3}


def _band(figure: go.Figure, x: list[float], rows: list[dict[str, Any]], scale: float, colour: str) -> None:
    known = [(at, row) for at, row in zip(x, rows, strict=True) if row["low"] is not None and row["low"] == row["low"]]
    if not known:
        return
    across = [at for at, _ in known]
    ends = [scale * row["high"] for _, row in known], [scale * row["low"] for _, row in known]
    figure.add_trace(
        go.Scatter(
            x=across + across[::-1],
            y=ends[0] + ends[1][::-1],
            fill="toself",
            fillcolor=colour,
            opacity=0.12,
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
    )


def _marked(figure: go.Figure, x: float, said: str) -> None:
    """A line at the place that was chosen, named in the legend: within the plot its name would lie on a curve."""
    line = {"color": INK, "width": 1.5, "dash": "dot"}
    figure.add_vline(x=x, line=line, name=said, showlegend=True)
