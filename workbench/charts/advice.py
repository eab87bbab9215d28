"""Figures of the pretext advisor: what each task came to, and how far scores without labels agree. Pure."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from backend import exports

from ..verdicts import advice as words
from .theme import GREY, PALETTE, style


def tasks(sweep: dict[str, Any]) -> go.Figure:
    """The mean of each task over fresh seeds with its 95 % interval, and every one of them."""
    plan, told = sweep["plan"], sweep["outcome"]["advice"]
    scale = words.figures_of(plan).scale
    known = [one for one in reversed(told["tasks"]) if one["seeds"]]
    fresh = [one for one in sweep["trials"] if one["phase"] == "confirm" and one["score"] is not None]
    figure = go.Figure()
    figure.add_scatter(
        x=[scale * one["score"] for one in fresh],
        y=[words.name(one["params"]["pretext"]) for one in fresh],
        mode="markers",
        marker={"color": GREY, "symbol": "line-ns-open", "size": 12},
        name="a fresh pretraining",
        hovertemplate="%{x:.1f}<extra></extra>",
    )
    figure.add_scatter(
        x=[scale * one["mean"]["value"] for one in known],
        y=[words.name(one["task"]) for one in known],
        mode="markers",
        marker={"color": PALETTE[0], "size": 11},
        error_x=_bars([one["mean"] for one in known], scale),
        name="mean, 95 % interval",
        text=[words.figure(plan, one["mean"]) for one in known],
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    unit = f"{words.measure(plan)}{', %' if scale == 100 else ''}"
    style(figure, "What each task came to on fresh seeds", unit, height=190 + 44 * len(known))
    order = [words.name(one["task"]) for one in known]
    figure.update_yaxes(automargin=True, categoryorder="array", categoryarray=order)
    figure.update_layout(legend={"y": -0.45})
    return figure


def ranks(sweep: dict[str, Any]) -> go.Figure:
    """Rank correlation of each score without labels with the probe, 95 % intervals."""
    found = [one for one in sweep["outcome"]["advice"]["ranks"] if one["spearman"]["value"] is not None]
    found.sort(key=lambda one: one["spearman"]["value"])
    figure = go.Figure()
    figure.add_scatter(
        x=[one["spearman"]["value"] for one in found],
        y=[exports.title("collapse", one["name"]) for one in found],
        mode="markers",
        marker={"color": PALETTE[2], "symbol": "diamond", "size": 10},
        error_x=_bars([one["spearman"] for one in found], 1),
        hovertemplate="%{y}: %{x:.2f}<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    style(figure, "Order by scores without labels, against the probe", "rank correlation with the probe")
    figure.update_layout(height=140 + 26 * len(found))
    figure.update_xaxes(range=[-1.05, 1.05])
    figure.update_yaxes(automargin=True)
    return figure


def _bars(found: list[dict[str, Any]], scale: float) -> dict[str, Any]:
    known = [one if one["low"] is not None else {**one, "low": one["value"], "high": one["value"]} for one in found]
    return {
        "type": "data",
        "symmetric": False,
        "array": [scale * (one["high"] - one["value"]) for one in known],
        "arrayminus": [scale * (one["value"] - one["low"]) for one in known],
    }
