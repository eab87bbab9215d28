"""Figures of a table's sheet: one column by class or group, missing values, which columns go together."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go

from backend.statistics.proportions import wilson

from ...charts.data import PATTERNS
from ...charts.theme import DASHES, GREY, INK, MARKERS, PALETTE, style
from ...frame.safe import drawn
from .sheet_words import in_order

OTHER = "all other values"
MOST = 8  # classes or groups that are drawn: as many as there are colours
MOST_COLUMNS = 20
FIRST_DAY = date(1970, 1, 1)
SIGNED = [[0, PALETTE[0]], [0.5, "#FFFFFF"], [1, PALETTE[1]]]


def distribution(column: str, one: dict[str, Any], by: str, called: str) -> go.Figure:
    """How a column is distributed in each class or group, as shares of its own known values, with 95 % intervals.

    one: an entry of the sheet's `distributions`; by: "class", an attribute, or "" for all rows together.
    """
    members = {"all rows": one["all"]} if not by else one["classes"] if by == "class" else one["groups"][by]
    kept = sorted(members, key=lambda name: -sum(members[name]))[:MOST]
    members = {name: counts for name, counts in members.items() if name in kept}
    figure = go.Figure()
    if one["kind"] == "category" and not one["all"][-1]:
        members = {name: counts[:-1] for name, counts in members.items()}
    for i, (name, counts) in enumerate(members.items()):
        total = sum(counts)
        if total:
            figure.add_trace(_trace(one, np.array(counts), f"{drawn(name)} (n = {total:,})", i))
    title = f"{drawn(column)}" + (f" by {drawn(called)}" if by else "") + ", share of the known values"
    unit = "date" if one["kind"] == "date" else drawn(column)
    style(figure, title, unit, "share (%), with 95 % intervals", 400)
    figure.update_layout(barmode="group")
    figure.update_yaxes(rangemode="tozero")
    if one["kind"] == "category":
        figure.update_xaxes(type="category")
    return figure


def _trace(one: dict[str, Any], counts: np.ndarray, name: str, i: int) -> go.Scatter | go.Bar:
    found = wilson(counts, counts.sum())
    share = 100 * found.value
    bars = {
        "type": "data",
        "symmetric": False,
        "array": 100 * found.high - share,
        "arrayminus": share - 100 * found.low,
        "thickness": 1.2,
        "width": 2,
    }
    labels = _labels(one)[: len(counts)]
    hover = [f"{name}<br>{label}: {n:,} rows, {x:.1f} %" for label, n, x in zip(labels, counts, share, strict=True)]
    common = {"y": share, "name": name, "hovertext": hover, "hoverinfo": "text"}
    if one["kind"] == "category":
        colour = {"color": PALETTE[i], "pattern": {"shape": PATTERNS[i]}}
        return go.Bar(x=[drawn(v) for v in labels], marker=colour, error_y={**bars, "color": INK}, **common)
    middle = [(low + high) / 2 for low, high in zip(one["edges"], one["edges"][1:], strict=False)]
    at = [_day(x) for x in middle] if one["kind"] == "date" else middle
    return go.Scatter(
        x=at,
        mode="lines+markers",
        line={"color": PALETTE[i], "dash": DASHES[i], "width": 1.6},
        marker={"symbol": MARKERS[i], "size": 7, "color": PALETTE[i]},
        error_y={**bars, "color": PALETTE[i]},
        **common,
    )


def _labels(one: dict[str, Any]) -> list[str]:
    if one["kind"] == "category":
        return [*one["values"], OTHER]
    ends = list(zip(one["edges"], one["edges"][1:], strict=False))
    if one["kind"] == "date":
        return [f"{_day(low)} to {_day(high)}" for low, high in ends]
    return [f"{low:.4g} to {high:.4g}" for low, high in ends]


def _day(days: float) -> str:
    return (FIRST_DAY + timedelta(days=round(days))).isoformat()


def missing(sheet: dict[str, Any], by: str, called: str) -> go.Figure:
    """One row a column, one mark a class or group: the share without a value, with 95 % intervals."""
    columns = sheet["describe"]["missing"]["columns"][:MOST_COLUMNS]
    of = [in_order(one["classes"], sheet) if by == "class" else one["groups"].get(by, {}) for one in columns]
    names = list(dict.fromkeys(name for members in of for name in members))[:MOST] if by else []
    figure = go.Figure()
    for i, name in enumerate(names or ["all rows"]):
        pairs = [(m[name] if names else [c["missing"], c["rows"]]) for m, c in zip(of, columns, strict=True)]
        hits, trials = np.array(pairs).T
        found = wilson(hits, trials)
        shift = 0.16 * ((len(names or [0]) - 1) / 2 - i)
        figure.add_trace(
            go.Scatter(
                x=100 * found.value,
                y=np.arange(len(columns)) + shift,
                mode="markers",
                cliponaxis=False,
                name=drawn(name),
                marker={"size": 9, "symbol": MARKERS[i], "color": PALETTE[i]},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": 100 * (found.high - found.value),
                    "arrayminus": 100 * (found.value - found.low),
                    "color": PALETTE[i],
                    "thickness": 1.4,
                },
                hovertext=[f"{drawn(name)}: {h:,} of {t:,} rows" for h, t in pairs],
                hoverinfo="text+x",
            )
        )
    title = "Share of rows without a value" + (f", by {drawn(called)}" if by else "") + ", with 95 % intervals"
    style(figure, title, "share of the rows (%)", "", 150 + 34 * max(2, len(columns)))
    ticks = [drawn(one["name"]) for one in columns]
    figure.update_yaxes(tickvals=list(range(len(columns))), ticktext=ticks, range=[len(columns) - 0.5, -0.6])
    figure.update_xaxes(rangemode="tozero")
    below = {"yref": "container", "y": 0, "yanchor": "bottom"}
    return figure.update_layout(legend=below, margin={"l": 190, "b": 76})


def together(sheet: dict[str, Any]) -> go.Figure:
    """How strongly columns go together, two by two: orange together, blue against each other."""
    found = sheet["describe"]["correlations"]
    names = [drawn(name) if len(name) <= 24 else f"{drawn(name[:23])}…" for name in found["columns"]]
    matrix = [[None if i == j else value for j, value in enumerate(row)] for i, row in enumerate(found["matrix"])]
    few = len(names) <= 14
    figure = go.Figure(
        go.Heatmap(
            z=matrix,
            x=names,
            y=names,
            zmin=-1,
            zmax=1,
            colorscale=SIGNED,
            xgap=1,
            ygap=1,
            text=[["" if v is None else f"{v:.2f}".replace("-", "−") for v in row] for row in matrix] if few else None,
            texttemplate="%{text}" if few else None,
            colorbar={"title": {"text": "strength"}, "thickness": 14},
            hovertemplate="%{y} and %{x}: %{z:.2f}<extra></extra>",
        )
    )
    size = 150 + max(8, len(names)) * (34 if few else 22)
    style(figure, "How strongly columns go together", "", "", size)
    figure.update_xaxes(type="category", tickangle=-45, showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure.update_layout(margin={"l": 170, "b": 120}, plot_bgcolor=GREY + "22")
