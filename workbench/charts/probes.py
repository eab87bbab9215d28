"""Figures of the probes of a language model: every effect beside its control, and one probe by category."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ..frame.safe import drawn
from ..verdicts.probes import MODEL, SCALE, UNIT, interval, name
from .bias import ROW
from .panels import Panel, grid
from .theme import ARM, GREY, MARKERS, style

APART = 0.14  # distance of a model's mark from the middle of its row
LABELS = 92  # width in px that the models' names take
ORDER = ("ssl", "scratch_aug", "random")


def effects(found: dict[str, dict[str, dict[str, Any]]]) -> go.Figure:
    """One panel a probe, one row a model, with 95 % intervals and a line where there is no bias.

    found: {probe: {arm: body}}
    """
    panels = [_panel(probe, arms) for probe, arms in found.items()]
    figure = grid(panels, "Each probe with 95 % intervals; dotted: no bias", [None] * len(panels))
    figure.update_xaxes(exponentformat="power")
    return figure.update_layout(margin={"l": LABELS})


def _panel(probe: str, arms: dict[str, dict[str, Any]]) -> Panel:
    first = next(iter(arms.values()))
    panel = Panel(name(probe), UNIT.get(first["unit"], first["unit"]), "")
    shown = [arm for arm in reversed(ORDER) if arm in arms and arms[arm]["estimate"]["value"] is not None]
    for at, arm in enumerate(shown):
        panel.traces.append(_marks([arms[arm]["estimate"]], [at], first["unit"], arm))
    line = {"color": GREY, "dash": "dot", "width": 1.5}
    neutral = SCALE.get(first["unit"], 1) * first["neutral"]
    panel.shapes.append(
        {"type": "line", "xref": "x", "x0": neutral, "x1": neutral, "yref": "y domain", "y0": 0, "y1": 1, "line": line}
    )
    panel.yaxis = {
        "tickvals": list(range(len(shown))),
        "ticktext": [MODEL[arm].partition(" (")[0] for arm in shown],
        "range": [-0.7, len(shown) - 0.3],
    }
    return panel


def categories(arms: dict[str, dict[str, Any]]) -> go.Figure:
    """One probe by category, a mark a model, with 95 % intervals; the clearest category of the first model on top."""
    first = arms.get("ssl") or next(iter(arms.values()))
    unit, scale = first["category_unit"], SCALE.get(first["category_unit"], 1)
    known = [row for row in first["categories"] if row["value"] is not None]
    order = [row["category"] for row in sorted(known, key=lambda row: abs(row["value"] - first["category_neutral"]))]
    place = {category: i for i, category in enumerate(order)}
    figure = go.Figure()
    for k, arm in enumerate(arm for arm in ORDER if arm in arms):
        shift = APART * ((len(arms) - 1) / 2 - k) * 2
        rows = [r for r in arms[arm]["categories"] if r["category"] in place and r["value"] is not None]
        if rows:
            figure.add_trace(_marks(rows, [place[r["category"]] + shift for r in rows], unit, arm))
    figure.add_vline(scale * first["category_neutral"], line={"color": GREY, "dash": "dot", "width": 1.5})
    title = f"{name(first['probe'])} by {drawn(first['by'].lower())}, with 95 % intervals; dotted: no bias"
    style(figure, title, UNIT.get(unit, unit), "", 150 + ROW * max(2, len(order)))
    labels = [
        f"{drawn(c)} (n = {n:,})" for c, n in ((c, next(r["n"] for r in known if r["category"] == c)) for c in order)
    ]
    figure.update_yaxes(tickvals=list(range(len(order))), ticktext=labels, range=[-0.6, len(order) - 0.4])
    return figure.update_layout(legend={"y": -80 / (ROW * max(2, len(order)))}, margin={"l": 230})


def _marks(rows: list[dict[str, Any]], y: list[float], unit: str, arm: str) -> dict[str, Any]:
    """A trace of one model: its marks with their intervals."""
    scale, colour = SCALE.get(unit, 1), ARM.get(arm, GREY)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [scale * r["value"] for r in rows],
        "y": y,
        "name": MODEL.get(arm, arm),
        "marker": {"size": 10, "symbol": MARKERS[ORDER.index(arm)], "color": colour},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [0.0 if r["high"] is None else scale * (r["high"] - r["value"]) for r in rows],
            "arrayminus": [0.0 if r["low"] is None else scale * (r["value"] - r["low"]) for r in rows],
            "thickness": 1.6,
            "width": 4,
            "color": colour,
        },
        "hovertext": [f"{MODEL.get(arm, arm)}: {interval(unit, r)}" for r in rows],
        "hoverinfo": "text",
    }
