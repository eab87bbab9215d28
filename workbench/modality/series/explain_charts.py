"""Figures of explained windows: scores under the series itself, channels by how much they say, bands. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...charts.theme import GREY, INK, PALETTE, style
from ...frame.safe import drawn
from . import explain_words as words

FOR, AGAINST = "rgb(200,70,0)", "rgb(0,84,166)"  # as in other explanations: apart for colour-blind eyes
LEGEND = {False: ("for the predicted class", "against it"), True: ("raises the number", "lowers it")}
ROW, AROUND = 92, 150  # pixels
DARKEST = 0.55  # opacity of the piece with the largest score


def under(
    title: str,
    values: np.ndarray,
    scores: np.ndarray,
    channels: Sequence[str],
    piece: Sequence[int],
    ages: np.ndarray,
    number: bool,
    unit: str,
) -> go.Figure:
    """One window: a panel a channel, its line above the scores of its pieces.

    values: C x L in the units of the channels, NaN where missing; scores: C x pieces; piece: of each of the L steps;
    ages: L, of the unit at each step.
    """
    chosen = words.strongest(scores, len(channels))
    figure = make_subplots(
        len(chosen),
        1,
        shared_xaxes=True,
        vertical_spacing=min(0.06, 0.4 / max(1, len(chosen))),
        subplot_titles=[drawn(channels[place]) for place in chosen],
    )
    step = (ages[1] - ages[0]) if len(ages) > 1 else 1.0
    piece, most = np.asarray(piece), float(np.abs(scores[chosen]).max()) or 1.0
    for row, place in enumerate(chosen, 1):
        told = [
            f"{value:.5g}; its piece scores {scores[place, piece[k]]:+.3f}" for k, value in enumerate(values[place])
        ]
        line = {"color": INK, "width": 1.6}
        hover = "%{x}: %{text}<extra></extra>"
        trace = go.Scatter(x=ages, y=values[place], mode="lines+markers", line=line, text=told, hovertemplate=hover)
        trace.update(marker={"size": 3, "color": INK}, showlegend=False)
        figure.add_trace(trace, row, 1)
        for at in range(scores.shape[1]):
            inside = np.flatnonzero(piece == at)
            score = float(scores[place, at])
            figure.add_vrect(
                ages[inside[0]] - step / 2,
                ages[inside[-1]] + step / 2,
                fillcolor=FOR if score > 0 else AGAINST,
                opacity=DARKEST * abs(score) / most,
                line_width=0,
                layer="below",
                row=row,
                col=1,
            )
    for colour, name in zip((FOR, AGAINST), LEGEND[number], strict=True):
        marker = {"symbol": "square", "size": 12, "color": colour, "opacity": DARKEST}
        figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", marker=marker, name=name), 1, 1)
    style(figure, drawn(title), height=AROUND + ROW * len(chosen))
    figure.update_annotations(font={"size": 12}, x=0, xanchor="left")
    figure.update_yaxes(showgrid=False, nticks=4)
    figure.update_xaxes(showgrid=False, range=[ages[0] - step / 2, ages[-1] + step / 2])
    figure.update_xaxes(title_text=f"age of the unit ({drawn(unit)})", row=len(chosen), col=1)
    return figure.update_layout(margin={"t": 76}, legend={"y": 0, "yref": "container", "yanchor": "bottom"})


def ranking(found: Sequence[Mapping[str, Any]], method: str, number: bool) -> go.Figure:
    """Channels by the mean size of their scores, with 95 % intervals."""
    kept = list(found)[: 2 * words.SHOWN][::-1]
    away = {
        "type": "data",
        "array": [0 if one["high"] is None else one["high"] - one["value"] for one in kept],
        "arrayminus": [0 if one["low"] is None else one["value"] - one["low"] for one in kept],
    }
    figure = go.Figure(
        go.Bar(
            x=[one["value"] for one in kept],
            y=[drawn(one["channel"]) for one in kept],
            error_x=away,
            orientation="h",
            marker_color=PALETTE[0],
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    what = "change of the number" if number else "change of the class's logit"
    furthest = max(one["high"] if one["high"] is not None else one["value"] for one in kept)
    style(figure, f"Which channel says most ({drawn(method)})", f"mean size, {what}", "", AROUND + 26 * len(kept))
    figure.update_xaxes(range=[0, 1.05 * furthest])
    return figure.update_yaxes(type="category", automargin=True)


def bands(told: Mapping[str, Any], amount: str) -> go.Figure:
    """Mean size of the change of the answer: channels by bands of periods."""
    scale = 100 if told["output"] is not None else 1
    rows = words.band_rows(told, 2 * words.SHOWN)[::-1]
    order = [told["channels"].index(row["Channel"]) for row in rows]
    heads = [words.period(band, told["step"], told["unit"]) for band in told["bands"]]
    values = [[scale * one["value"] for one in told["effect"][place]] for place in order]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=heads,
            y=[drawn(row["Channel"]) for row in rows],
            colorscale=[[0, "#FFFFFF"], [1, PALETTE[0]]],
            zmin=0,
            text=[[row[head] for head in heads] for row in rows],
            hovertemplate="%{y}, period %{x}: %{text}<extra></extra>",
            colorbar={"title": {"text": drawn(amount), "side": "right"}, "outlinecolor": GREY},
        )
    )
    style(figure, "What taking a band of frequencies away changes", "period", "", AROUND + 30 * len(rows))
    figure.update_xaxes(type="category")
    return figure.update_yaxes(type="category", automargin=True)
