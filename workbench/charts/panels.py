"""Several panels in one Plotly figure, built in one go.

A page that shows eight figures waits for eight widgets: each lays itself out two or three times to make room for its
legend. One figure with fixed margins is laid out once. Plotly's own helpers (make_subplots, add_hline) take most of a
page's time in Python, so a panel is plain dictionaries until the figure is made.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from .theme import GREY, INK, axis, house, style

GAP = 0.12  # of the width, between columns: tick labels and the axis title stand there
PANEL, HEADING, BELOW = 170, 56, 56  # pixels: the plot itself, its title and notes, its tick labels and axis title
LINE = 30  # characters of a heading in one line: a panel is narrow on a small screen
NOTE = {"size": 11, "color": INK}


@dataclass
class Panel:
    """One plot: traces, shapes and annotations are Plotly's dictionaries, all on the axes x and y."""

    title: str
    x: str
    y: str
    traces: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    yaxis: dict[str, Any] = field(default_factory=dict)

    def level(self, y: float, text: str, color: str = GREY) -> None:
        """A dotted line across the panel, named at its right end."""
        line = {"color": color, "dash": "dot", "width": 1.5}
        self.shapes.append(
            {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "y0": y, "y1": y, "line": line}
        )
        at = {"xref": "x domain", "x": 1, "xanchor": "right", "yref": "y", "y": y, "yanchor": "bottom"}
        self.notes.append({**at, "text": text, "showarrow": False, "font": NOTE})

    def moment(self, x: float, text: str, color: str) -> None:
        """A line from bottom to top, named at its upper end."""
        line = {"color": color, "width": 2}
        self.shapes.append(
            {"type": "line", "xref": "x", "x0": x, "x1": x, "yref": "y domain", "y0": 0, "y1": 1, "line": line}
        )
        at = {"xref": "x", "x": x, "xanchor": "right", "yref": "y domain", "y": 1, "yanchor": "top"}
        self.notes.append({**at, "text": text, "showarrow": False, "font": NOTE})


def alone(panel: Panel, height: int) -> go.Figure:
    layout = {"shapes": panel.shapes, "annotations": panel.notes, "yaxis": panel.yaxis}
    return style(go.Figure(panel.traces, layout), panel.title, panel.x, panel.y, height)


def grid(panels: list[Panel], title: str, legends: list[str | None], columns: int = 2) -> go.Figure:
    """The panels row by row. `legends`: "top" (shared, under the title; a name is shown once), "below" or None each."""
    rows = -(-len(panels) // columns)
    top = HEADING + (34 if title else 0) + (24 if "top" in legends else 0)
    bottom = 24 if "below" in legends else 0
    inner = rows * (PANEL + BELOW) + (rows - 1) * HEADING - BELOW
    layout = house(title, inner + top + BELOW + bottom)
    layout["title"] |= {"y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 8}}
    layout |= {"margin": {"l": 64, "r": 16, "t": top, "b": BELOW + bottom, "autoexpand": False}}
    layout |= {"shapes": [], "annotations": []}
    traces, shown = [], set()
    width = (1 - GAP * (columns - 1)) / columns
    for i, (panel, place) in enumerate(zip(panels, legends, strict=True)):
        number = str(i + 1) if i else ""
        left = (i % columns) * (width + GAP)
        high = 1 - (i // columns) * (PANEL + BELOW + HEADING) / inner
        layout[f"xaxis{number}"] = {**axis(panel.x), "domain": [left, left + width], "anchor": f"y{number}"}
        across = [max(0.0, high - PANEL / inner), high]
        layout[f"yaxis{number}"] = {**axis(panel.y), **panel.yaxis, "domain": across, "anchor": f"x{number}"}
        legend = f"legend{number}" if place == "below" else "legend"
        if place == "below":
            down = {"yanchor": "top", "y": across[0] - BELOW / inner, "x": left}
            layout[legend] = {"orientation": "h", **down}
        for trace in panel.traces:
            seen = place is None or (place == "top" and trace["name"] in shown)
            shown.add(trace["name"])
            own = {"xaxis": f"x{number}", "yaxis": f"y{number}", "legend": legend, "showlegend": not seen}
            traces.append({**trace, **own, "legendgroup": trace["name"] if place == "top" else None})
        for kind, found in (("shapes", panel.shapes), ("annotations", panel.notes)):
            layout[kind] += [_moved(one, number) for one in found]
        layout["annotations"].append(_heading(panel.title, left, high))
    if "top" in legends:
        layout["legend"] = {"orientation": "h", "x": 0, "yanchor": "bottom", "y": 1 + (HEADING - 8) / inner}
    return go.Figure(traces, layout)


def _moved(one: dict[str, Any], number: str) -> dict[str, Any]:
    """A shape or annotation on the axes of panel `number`: "y domain" becomes "y3 domain"."""
    return {**one, **{ref: one[ref][0] + number + one[ref][1:] for ref in ("xref", "yref")}}


def _heading(text: str, x: float, y: float) -> dict[str, Any]:
    """A panel's title in bold; what it says in brackets stands beneath, smaller."""
    at = {"xref": "paper", "x": x, "xanchor": "left", "yref": "paper", "y": y, "yanchor": "bottom", "yshift": 6}
    name, _, remark = text.partition(" (")
    lines = ["<b>" + "<br>".join(textwrap.wrap(name, LINE, break_on_hyphens=False)) + "</b>"]
    if remark:
        lines.append(f'<span style="font-size:12px">({remark}</span>')
    return {**at, "text": "<br>".join(lines), "align": "left", "showarrow": False, "font": {"size": 14, "color": INK}}
