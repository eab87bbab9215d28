"""Histograms of a selection against the whole map."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..explorer.facets import Made
from .theme import GREY, INK, PALETTE, style

PLOT, BELOW = 118, 58  # px of one histogram, and of its tick labels and axis title
ABOVE = 24  # px for the legend


def shown(made: list[Made]) -> list[Made]:
    """The numbers that have a histogram, from the top; each has two traces, the map's and the selection's."""
    return [one for one in made if one.facet.edges and one.every.sum()]


def brushed(made: list[Made], points: list[dict[str, Any]]) -> dict[str, set[int]]:
    """{column: bins} that a person dragged over; points: as Streamlit tells them, which come from the browser."""
    columns, bins = [one.facet.column for one in shown(made)], {}
    for point in points:
        curve, place = point.get("curve_number"), point.get("point_index")
        if isinstance(curve, int) and isinstance(place, int) and 0 <= curve < 2 * len(columns):
            bins.setdefault(columns[curve // 2], set()).add(place)
    return bins


def histograms(made: list[Made]) -> go.Figure | None:
    """The share of points in each bin, of the map in grey and of the selection in blue; None without numbers."""
    numbers = shown(made)
    if not numbers:
        return None
    bars = []
    for place, one in enumerate(numbers, 1):
        edges, axis = np.array(one.facet.edges), "" if place == 1 else str(place)
        for counts, name, colour in ((one.every, "map", GREY), (one.chosen, "selection", PALETTE[0])):
            bar = {
                "type": "bar",
                "x": (edges[:-1] + edges[1:]) / 2,
                "y": 100 * counts / max(1, counts.sum()),
                "width": np.diff(edges),
                "xaxis": f"x{axis}",
                "yaxis": f"y{axis}",
                "name": name,
                "marker": {"color": colour, "opacity": 0.45 if name == "map" else 0.75},
                "customdata": counts,
                "hovertemplate": "%{x:.3g}: %{customdata:,} points, %{y:.1f} %<extra>" + name + "</extra>",
                "showlegend": place == 1,
            }
            bars.append(bar)
    return go.Figure({"data": bars, "layout": _layout(tuple(one.facet.title for one in numbers))})


@lru_cache(maxsize=8)
def _layout(titles: tuple[str, ...]) -> dict[str, Any]:
    """Of histograms with these titles beneath each other; laid out once, because a person waits while it is."""
    rows = (PLOT + BELOW) * len(titles)
    figure = make_subplots(cols=1, rows=len(titles), vertical_spacing=BELOW / (rows - BELOW))
    style(figure, "", height=ABOVE + rows)
    figure.update_layout(dragmode="select", selectdirection="h", barmode="overlay")
    figure.update_layout(margin={"t": ABOVE, "l": 56, "b": BELOW}, legend={"y": 1, "yanchor": "bottom"})
    for place, title in enumerate(titles, 1):
        figure.update_xaxes(title={"text": title, "font": {"size": 12, "color": INK}, "standoff": 2}, row=place, col=1)
        figure.update_yaxes(title={"text": "% of points", "font": {"size": 11}}, row=place, col=1)
    return figure.layout.to_plotly_json()
