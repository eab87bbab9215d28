"""Figures of a sweep: its trials as parallel coordinates, what mattered, what more minutes of training buy. Pure."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from backend.workspace.formats import percent

from ..verdicts import sweep as words
from ..verdicts.advice import figures_of
from .theme import GREY, INK, PALETTE, style

ABSENT = -0.14  # where a trial passes a setting that its pretext task does not have, or ends without a score
LOW, HIGH = (0xCF, 0xD8, 0xE3), (0x00, 0x2B, 0x5C)  # of the score: light to dark, so that print keeps it


def parallel(sweep: dict[str, Any]) -> go.Figure:
    """A line a trial over all searched settings and the score; the darker, the higher it scored, the best one thick."""
    plan, best = sweep["plan"], words.top(sweep)
    axes, figure = plan["space"], go.Figure()
    shown = [one for one in sweep["trials"] if one["phase"] != "confirm" and one["state"] in ("complete", "pruned")]
    scores = [one["score"] for one in shown if one["state"] == "complete"]
    ends = (min(scores), max(scores)) if scores else (0.0, 1.0)
    for one in sorted(shown, key=lambda one: (one["score"] is not None, one["score"] or 0.0, -one["number"])):
        at = ABSENT if one["score"] is None else _share(one["score"], *ends)
        y = [_place(axis, one["params"].get(axis["name"])) for axis in axes] + [at]
        top = best is not None and one["number"] == best["number"]
        line = {"color": PALETTE[1] if top else _shade(max(at, 0.0)), "width": 4 if top else 1.5}
        line["dash"] = "solid" if one["state"] == "complete" else "dot"
        told = f"trial {one['number'] + 1}: {words.reached(plan, one)}, {words.STATES[one['state']]}"
        text = [f"{words.setting(a['name'])}: {_told(one['params'].get(a['name']))}<br>{told}" for a in axes] + [told]
        hover = {"text": text, "hovertemplate": "%{text}<extra></extra>"}
        figure.add_scatter(x=[*range(len(y))], y=y, mode="lines+markers", line=line, showlegend=False, **hover)
    _axes(
        figure,
        [*map(_ends, axes), (_two_lines(words.measure(plan)), words.score(plan, ends[0]), words.score(plan, ends[1]))],
    )
    style(figure, "Every trial: its settings and its score", height=430)
    figure.update_xaxes(visible=False, range=[-0.35, len(axes) + 0.35])
    figure.update_yaxes(visible=False, range=[-0.28, 1.24])
    figure.update_layout(margin={"l": 8, "r": 8, "t": 52, "b": 8})
    return figure


def importance(sweep: dict[str, Any]) -> go.Figure:
    """How much of what makes a trial a good one each setting decides."""
    found = sorted(sweep["outcome"]["importance"].items(), key=lambda one: one[1])
    shares = [100 * share for _, share in found]
    text = [percent(share, 0) for _, share in found]
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=[words.setting(name) for name, _ in found],
            orientation="h",
            text=text,
            textposition="outside",
            marker={"color": PALETTE[0]},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    style(
        figure, "Which setting decided", "share of what tells good trials from others, %", height=110 + 34 * len(found)
    )
    figure.update_xaxes(range=[0, 1.15 * max([*shares, 1])])
    figure.update_yaxes(automargin=True)
    return figure


def frontier(sweep: dict[str, Any]) -> go.Figure:
    """Score against minutes of training, every reading of every trial, and the best score up to each of them."""
    plan = sweep["plan"]
    scale = figures_of(plan).scale if plan["measure"] == "knn" else 1
    points = [
        (plan["share"] * rung / words.RUNGS, scale * value, one)
        for one in sweep["trials"]
        if one["phase"] != "confirm"
        for rung, value in one["readings"]
    ]
    figure = go.Figure()
    for state, symbol in (("complete", "circle"), ("pruned", "x")):
        own = [point for point in points if point[2]["state"] == state]
        text = [f"trial {one['number'] + 1}: {words.score(plan, value / scale)}" for _, value, one in own]
        mark = {"symbol": symbol, "color": PALETTE[0] if state == "complete" else GREY, "size": 8}
        figure.add_scatter(
            x=[x for x, _, _ in own],
            y=[y for _, y, _ in own],
            mode="markers",
            marker=mark,
            name=f"trials {words.STATES[state]}",
            text=text,
            hovertemplate="%{x:.2g} min, %{text}<extra></extra>",
        )
    best: list[tuple[float, float]] = []
    for x in sorted({x for x, _, _ in points}):
        best.append((x, max(y for at, y, _ in points if at <= x)))
    line = {"color": PALETTE[1], "width": 2, "shape": "hv"}
    figure.add_scatter(x=[x for x, _ in best], y=[y for _, y in best], mode="lines", line=line, name="the best so far")
    unit = f"{words.measure(plan)}{', %' if scale == 100 else ''}"
    return style(figure, "What more minutes of training buy", "minutes of a trial's training", unit, 380)


def _axes(figure: go.Figure, told: list[tuple[str, str, str]]) -> None:
    """An upright line an axis, its name above, its two ends beside it."""
    for at, (name, low, high) in enumerate(told):
        figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, line={"color": GREY, "width": 1}, layer="below")
        for y, text, size in ((1.17, name, 12), (1.07, high, 11), (-0.06, low, 11)):
            font = {"size": size, "color": INK if y > 1.1 else "#5A606B"}
            figure.add_annotation(x=at, y=y, text=text, showarrow=False, font=font)


def _two_lines(name: str) -> str:
    return name.replace(" on ", "<br>on ").replace(" (", "<br>(")


def _ends(axis: dict[str, Any]) -> tuple[str, str, str]:
    name = words.setting(axis["name"]).replace(": ", ":<br>")
    if "choices" in axis:
        return name, words.value(axis["choices"][0]), words.value(axis["choices"][-1])
    return name, words.value(axis["low"]), words.value(axis["high"])


def _place(axis: dict[str, Any], value: Any) -> float:
    """Where a value lies on its axis, 0 to 1; below it where the trial has none."""
    if value is None:
        return ABSENT
    if "choices" in axis:
        return axis["choices"].index(value) / max(1, len(axis["choices"]) - 1)
    low, high = axis["low"], axis["high"]
    return _share(math.log(value), math.log(low), math.log(high)) if axis["log"] else _share(value, low, high)


def _share(value: float | None, low: float, high: float) -> float:
    return 0.0 if value is None else (value - low) / (high - low) if high > low else 1.0


def _shade(share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(LOW, HIGH, strict=True))
    return "#{:02X}{:02X}{:02X}".format(*mixed)


def _told(value: Any) -> str:
    return "not of this task" if value is None else words.value(value)
