"""When events happened, by what they speak of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go

from .theme import GREY, INK, PALETTE, style

# One colour and one hatching for each group, so that print in grey tells them apart as well.
LOOK = {
    "measurements": (GREY, ""),
    "a run's course": (PALETTE[0], "/"),
    "people and decisions": (PALETTE[1], "x"),
    "the record itself": (PALETTE[2], "."),
}


def timeline(told: dict[str, Any]) -> go.Figure:
    """Events over time, stacked by group; dragging draws a span. told: of `service.search.timeline`, not empty."""
    start, step = datetime.fromisoformat(told["start"]), timedelta(seconds=told["seconds"])
    bins = max(map(len, told["counts"].values()))
    middles = [start + (i + 0.5) * step for i in range(bins)]
    bars = [
        go.Bar(
            x=middles,
            y=told["counts"][group],
            name=group,
            marker={"color": colour, "pattern": {"shape": shape, "fgcolor": INK, "size": 4}, "line": {"width": 0}},
            hovertemplate="%{x|%Y-%m-%d %H:%M} UTC: %{y:,} events<extra>" + group + "</extra>",
        )
        for group, (colour, shape) in LOOK.items()
        if any(told["counts"].get(group, ()))
    ]
    figure = go.Figure(bars)
    style(figure, f"Events in time (UTC), stacked by kind, {_long(told['seconds'])} a bar", "", "events", height=280)
    figure.update_layout(barmode="stack", bargap=0.05, legend={"y": -0.35}, margin={"b": 76})
    return figure.update_layout(dragmode="select", selectdirection="h")


def _long(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.2g} s"
