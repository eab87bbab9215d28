"""Figures of the sheet of sensor series: drift of the channels, one unit over its life. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...charts.theme import GREY, PALETTE, style
from ...frame.safe import drawn

MOST = 12  # channels of a figure
ROW, AROUND = 94, 130  # pixels
LITTLE = 0.5  # deviations: the axis of the drift reaches so far at least


def drift(told: Mapping[str, Any]) -> go.Figure:
    """How far each channel's mean moves from the first to the last fifth of the lives; those that move most."""
    known = [one for one in told["channels"] if one["std"] and one["drift"] is not None]
    known = sorted(known, key=lambda one: -abs(one["drift"]))[:MOST][::-1]
    figure = go.Figure(
        go.Bar(
            x=[one["drift"] for one in known],
            y=[drawn(one["name"]) for one in known],
            orientation="h",
            marker_color=PALETTE[0],
            hovertemplate="%{y}: %{x:+.2f} deviations<extra></extra>",
        )
    )
    style(figure, "Drift over the lives of the units", "deviations of the channel", "", AROUND + 26 * len(known))
    figure.add_vline(0, line={"color": GREY, "width": 1})
    widest = max(LITTLE, *(1.1 * abs(one["drift"]) for one in known)) if known else LITTLE
    figure.update_xaxes(range=[-widest, widest])
    return figure.update_yaxes(type="category", automargin=True)


def life(
    name: str,
    ages: np.ndarray,
    values: np.ndarray,
    channels: Sequence[Mapping[str, Any]],
    chosen: Sequence[int],
    unit: str,
) -> go.Figure:
    """Some channels of one unit, a panel each. ages: T; values: C x T in the units of the channels."""
    figure = make_subplots(
        len(chosen),
        1,
        shared_xaxes=True,
        vertical_spacing=min(0.06, 0.4 / max(1, len(chosen))),
        subplot_titles=[drawn(channels[place]["name"]) for place in chosen],
    )
    for row, place in enumerate(chosen, 1):
        line = {"color": PALETTE[0], "width": 1.2}
        told = "%{x}: %{y:.5g}<extra></extra>"
        trace = go.Scatter(x=ages, y=values[place], mode="lines", line=line, hovertemplate=told, connectgaps=False)
        figure.add_trace(trace, row, 1)
    style(figure, f"{drawn(name)} over its life", "", "", AROUND + ROW * len(chosen))
    figure.update_annotations(font={"size": 12}, x=0, xanchor="left")
    figure.update_xaxes(title_text=drawn(f"age ({unit})"), row=len(chosen), col=1)
    return figure.update_layout(showlegend=False, margin={"t": 76, "l": 70})
