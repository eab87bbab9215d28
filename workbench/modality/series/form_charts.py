"""The picture of one window and its target, on readings of the source."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ...charts.theme import GREY, PALETTE, style
from ...frame.safe import drawn
from .form_words import EARLIER, Scene, length_of

WINDOW, TARGET = PALETTE[0], PALETTE[1]


def picture(scene: Scene) -> go.Figure:
    """One channel of one unit; the window, those that end before it, and what its target looks at."""
    step = np.arange(len(scene.values))
    figure = go.Figure()
    line = {"color": GREY, "width": 1}
    figure.add_trace(
        go.Scatter(x=step, y=scene.values, mode="lines", line=line, hovertemplate="step %{x}: %{y:.4g}<extra></extra>")
    )
    begin = scene.end - scene.length + 1
    inside = slice(max(0, begin), scene.end + 1)
    bold = {"color": WINDOW, "width": 2.5}
    figure.add_trace(go.Scatter(x=step[inside], y=scene.values[inside], mode="lines", line=bold, hoverinfo="skip"))
    title = f"One window of {drawn(scene.channel)}" + (f", unit {drawn(scene.unit)}" if scene.unit else "")
    style(figure, title, "step", "", 290)
    figure.add_vrect(begin - 0.5, scene.end + 0.5, fillcolor=WINDOW, opacity=0.12, line_width=0)
    _note(figure, (begin + scene.end) / 2, f"window: {length_of(scene.length)}", WINDOW)
    for earlier in range(1, EARLIER + 1):
        end = scene.end - earlier * scene.stride
        if end - scene.length + 1 < 0:
            break
        bar = {"type": "line", "yref": "paper", "y0": -0.02 - 0.04 * earlier, "y1": -0.02 - 0.04 * earlier}
        figure.add_shape(**bar, x0=end - scene.length + 1, x1=end, line={"color": WINDOW, "width": 3}, opacity=0.5)
    _target(figure, scene)
    figure.update_layout(showlegend=False, margin={"t": 92, "b": 56, "l": 44, "r": 12})
    return figure.update_yaxes(showgrid=False)


def _target(figure: go.Figure, scene: Scene) -> None:
    if scene.horizon is not None:
        figure.add_vrect(scene.end + 0.5, scene.end + 0.5 + scene.horizon, fillcolor=TARGET, opacity=0.15, line_width=0)
        _note(figure, scene.end + scene.horizon / 2, f"event in here? ({length_of(scene.horizon)})", TARGET, 1.09)
    elif scene.ahead is not None:
        figure.add_vline(scene.end + scene.ahead, line={"color": TARGET, "width": 2, "dash": "dot"})
        _note(figure, scene.end + scene.ahead, f"{drawn(scene.label)} {length_of(scene.ahead)} later", TARGET, 1.09)
    elif scene.label:
        figure.add_vline(scene.end, line={"color": TARGET, "width": 2, "dash": "dot"})
        _note(figure, scene.end, f"{drawn(scene.label)} here", TARGET, 1.09)


def _note(figure: go.Figure, x: float, text: str, colour: str, y: float = 1.0) -> None:
    font = {"color": colour, "size": 12}
    figure.add_annotation(x=x, y=y, yref="paper", text=text, showarrow=False, font=font, yanchor="bottom")
