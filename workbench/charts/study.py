"""Figures of the label-fraction study: the metric against the labels, and the difference that pretraining makes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from backend.workspace.formats import chosen

from ..targets import said_of
from ..verdicts.arms import method
from .theme import ARM, DASHES, GREY, INK, MARKERS, style

if TYPE_CHECKING:
    from ..modality._words import Words

STEP = 1.035  # arms stand side by side at a fraction, so that their intervals do not hide each other


def curves(verdict: dict[str, Any], of: Words) -> go.Figure:
    """Test metric against the label fraction, an arm a line, by the method that validation chose; 95 % bars."""
    figure, said = go.Figure(), said_of(verdict)
    entries = [e for e in verdict["table"] if e.get("best", True)]
    arms = _arms(entries, "arm")
    for at, arm in enumerate(arms):
        own = sorted((e for e in entries if e["arm"] == arm), key=lambda e: e["fraction"])
        text = [f"{said.words(method(e['method']))}: {said.figures.interval(e['mean'])}" for e in own]
        x, y = [e["fraction"] for e in own], [e["mean"] for e in own]
        name = said.words(of.arm_names[arm])
        figure.add_trace(_series(arm, name, x, y, text, _dodge(at, arms), said.figures.scale))
    title = f"Test {said.title} by share of the labels, mean and 95 % interval"
    return _fractions(
        style(figure, title, f"labelled training {of.nouns} (log scale)", said.figures.axis, 480), entries
    )


def differences(verdict: dict[str, Any], of: Words) -> go.Figure:
    """Pretrained less each baseline against the label fraction; 95 % bars, zero line, margin band."""
    figure, contrasts, said = go.Figure(), verdict["contrasts"], said_of(verdict)
    arms = _arms(contrasts, "against")
    for at, arm in enumerate(arms):
        own = sorted((c for c in contrasts if c["against"] == arm), key=lambda c: c["fraction"])
        text = [f"{said.figures.difference(c['difference'])}: {c['decision']}" for c in own]
        name, x = f"against: {said.words(of.arm_names[arm])}", [c["fraction"] for c in own]
        trace = _series(arm, name, x, [c["difference"] for c in own], text, _dodge(at, arms), said.figures.scale)
        trace.mode = "markers"
        if arm != "scratch_aug":
            trace.visible = "legendonly" if "scratch_aug" in arms else True
        figure.add_trace(trace)
    limit = said.figures.scale * verdict["margin"]
    figure.add_hline(y=0, line={"color": INK, "width": 1})
    # Named in the legend: a label inside the plot would lie on a marker sooner or later.
    name = f"as good as: within {said.figures.margin(verdict['margin'])}"
    band = {"fillcolor": GREY, "opacity": 0.15, "line_width": 0, "layer": "below"}
    figure.add_hrect(y0=-limit, y1=limit, name=name, showlegend=True, **band)
    title = said.titled_differences()
    unit = said.axis_of_differences()
    return _fractions(style(figure, title, f"labelled training {of.nouns} (log scale)", unit, 450), contrasts)


def _arms(entries: list[dict[str, Any]], key: str) -> list[str]:
    """The arms that occur, in the order of the theme."""
    present = {e[key] for e in entries}
    return [arm for arm in ARM if arm in present]


def _dodge(at: int, arms: list[str]) -> float:
    return STEP ** (at - (len(arms) - 1) / 2)


def _series(
    arm: str, name: str, fractions: list[float], means: list[dict], text: list[str], dodge: float, scale: int
) -> go.Scatter:
    order = list(ARM).index(arm)
    up = [None if m["high"] is None else scale * (m["high"] - m["value"]) for m in means]
    down = [None if m["low"] is None else scale * (m["value"] - m["low"]) for m in means]
    return go.Scatter(
        x=[f * dodge for f in fractions],
        y=[scale * m["value"] for m in means],
        error_y={"type": "data", "array": up, "arrayminus": down, "thickness": 1.5, "width": 4},
        mode="lines+markers",
        name=name,
        marker={"symbol": MARKERS[order], "size": 9},
        line={"color": ARM[arm], "dash": DASHES[order], "width": 2},
        text=text,
        hovertemplate="%{text}<extra>%{fullData.name}</extra>",
    )


def _fractions(figure: go.Figure, entries: list[dict[str, Any]]) -> go.Figure:
    """A log axis with a tick at each fraction that says how many labels it is; the legend under its title."""
    labels = {e["fraction"]: e["n_labels"] for e in entries}
    ticks = sorted(labels)
    figure.update_layout(showlegend=True, margin={"b": 132}, legend={"yref": "container", "y": 0, "yanchor": "bottom"})
    if len(ticks) == 1:  # else the arms of the only fraction would lie at both edges
        figure.update_xaxes(range=[math.log10(ticks[0] / 2), math.log10(ticks[0] * 2)])
    return figure.update_xaxes(
        type="log", tickvals=ticks, ticktext=[f"{chosen(f)}<br>n = {labels[f]:,}" for f in ticks], minor={"ticks": ""}
    )
