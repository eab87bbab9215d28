"""Figures of a number: how it is distributed, by split and by group, and what models say against what is true."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from backend.workspace.formats import quantity

from ..frame.safe import drawn
from ..verdicts.arms import ARM_NAME
from .theme import ARM, DASHES, GREY, INK, MARKERS, PALETTE, style

SPLIT = {"train": "Train", "val": "Validation", "test": "Test"}
MOST_DRAWN = 2000  # points of a scatter


def titled(told: dict[str, Any]) -> str:
    """ "life (days)" """
    return drawn(f"{told['column']} ({told['unit']})" if told["unit"] else told["column"])


def distribution(told: dict[str, Any]) -> go.Figure:
    """A histogram: the share of each split's values in every bin. told: `target` of a data sheet."""
    figure, edges = go.Figure(), told["histogram"]["edges"]
    for i, split in enumerate(SPLIT):
        counts = told["histogram"]["counts"][split]
        total = sum(counts)
        if not total:
            continue
        share = [100 * n / total for n in counts]
        figure.add_trace(
            go.Scatter(
                x=edges,
                y=[*share, share[-1]],
                name=f"{SPLIT[split]} (n = {total:,})",
                mode="lines",
                line={"shape": "hv", "color": PALETTE[i], "dash": DASHES[i], "width": 2},
            )
        )
    if horizon := told.get("horizon"):
        figure.add_vline(x=horizon, line={"color": INK, "width": 1, "dash": "dash"})
    style(figure, f"{drawn(told['column'])} by split", titled(told), "share of the split (%)", 380)
    below = {"yref": "container", "y": 0, "yanchor": "bottom"}
    return figure.update_yaxes(rangemode="tozero").update_layout(legend=below, margin={"b": 104})


def by_group(told: dict[str, Any], attribute: str, order: list[str]) -> go.Figure:
    """A box a group: its quartiles, least and most."""
    figure, found = go.Figure(), told["groups"][attribute]
    groups = [g for g in order if g in found and found[g]["quartiles"]]
    for place, group in enumerate(reversed(groups)):
        low, lower, median, upper, high = found[group]["quartiles"]
        figure.add_trace(
            go.Box(
                y0=place,
                q1=[lower],
                median=[median],
                q3=[upper],
                lowerfence=[low],
                upperfence=[high],
                orientation="h",
                marker={"color": PALETTE[0]},
                showlegend=False,
                name=drawn(group),
            )
        )
    labels = [f"{drawn(g)} (n = {found[g]['count']:,})" for g in reversed(groups)]
    style(
        figure,
        f"{drawn(told['column'])} by {drawn(attribute)}: quartiles, least and most",
        titled(told),
        "",
        150 + 44 * max(2, len(groups)),
    )
    return figure.update_yaxes(tickvals=list(range(len(groups))), ticktext=labels).update_layout(margin={"l": 150})


def predicted(
    truth: np.ndarray, told: np.ndarray, low: np.ndarray, high: np.ndarray, target: dict[str, Any], arm: str
) -> go.Figure:
    """What a model says of the test rows against what is true, with the diagonal and the middle 80 % that the model
    expects around its answers. All float N; at most MOST_DRAWN points are drawn, the same every time."""
    if len(truth) > MOST_DRAWN:
        rows = np.sort(np.random.default_rng(0).choice(len(truth), MOST_DRAWN, replace=False))
        truth, told, low, high = truth[rows], told[rows], low[rows], high[rows]
    ends = [float(min(truth.min(), told.min())), float(max(truth.max(), told.max()))]
    figure = go.Figure(
        go.Scatter(
            x=ends, y=ends, mode="lines", name="predicted = true", line={"color": GREY, "width": 1, "dash": "dash"}
        )
    )
    figure.add_trace(
        go.Scatter(
            x=truth,
            y=told,
            mode="markers",
            name=ARM_NAME.get(arm, arm),
            marker={"color": ARM.get(arm, GREY), "symbol": MARKERS[0], "size": 6, "opacity": 0.6},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": high - told,
                "arrayminus": told - low,
                "thickness": 0.5,
                "width": 0,
                "color": GREY,
            },
            hovertext=[f"{quantity(t)}, predicted {quantity(p)}" for t, p in zip(truth, told, strict=True)],
            hoverinfo="text",
        )
    )
    title = f"Predicted {drawn(target['column'])} against true, test rows; bars: the middle 80 % expected"
    unit = f" ({drawn(target['unit'])})" if target["unit"] else ""
    style(figure, title, f"true{unit}", f"predicted{unit}", 460)
    below = {"yref": "container", "y": 0, "yanchor": "bottom"}
    return figure.update_layout(legend=below, margin={"b": 96})
