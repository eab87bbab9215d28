"""A figure on dark ground: every colour of the house by one that stands out there as much. Pure.

Charts are made for white ground (theme.py). In dark mode they are drawn with the same meaning a colour, a hue near the
light one's and a contrast of 3 and more for lines and marks, 4.5 and more for text.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from .theme import GREY, GRID, INK

GROUND = "#14171F"  # .streamlit/config.toml: theme.dark.backgroundColor
TEXT = {INK: "#E9EBEF", "#5A606B": "#A9AFBA", "#5A606E": "#A9AFBA", "#2a3f5f": "#E9EBEF"}
MARKS = {
    GREY: "#9BA1AC",
    "#0072B2": "#6EA8FE",
    "#D55E00": "#FF8A3D",
    "#009E73": "#2CC796",
    "#CC79A7": "#E29CC4",
    "#E69F00": "#F0B429",
    "#56B4E9": "#8FD3FF",
    "#000000": "#FFFFFF",
    "#CC6677": "#E88C99",
    "#332288": "#8F7FE8",
    "#117733": "#4CC37A",
    "#882255": "#D96A9E",
    "#AA4499": "#D783C8",
    "rgb(0,84,166)": "rgb(104,168,238)",
    "rgb(200,70,0)": "rgb(255,138,61)",
}
# Grounds, grids and what is meant to stay in the background
QUIET = {
    GRID: "#2E3442",
    "#C9CDD3": "#454C5A",
    "#FFFFFF": GROUND,
    "white": GROUND,
    "rgba(255, 255, 255, 0.75)": "rgba(20, 23, 31, 0.75)",
    "#EBF0F8": "#2E3442",
    "#C8D4E3": "#454C5A",
    "#DFE8F3": "#2E3442",
}
COLOURS = {light.lower(): dark for light, dark in (TEXT | MARKS | QUIET).items()}
PICTURES = ("image", "source")  # what is no colour, and may be megabytes


def darkened(figure: go.Figure) -> go.Figure:
    """The same figure for dark ground; `figure` stays as it is."""
    told = _turned(figure.to_plotly_json())
    layout = told.setdefault("layout", {})
    layout |= {name: layout.get(name) or GROUND for name in ("paper_bgcolor", "plot_bgcolor")}
    return go.Figure(told, skip_invalid=True)


def _turned(found: Any) -> Any:
    if isinstance(found, str):
        return COLOURS.get(found.lower(), found)
    if isinstance(found, dict):
        return {name: one if name in PICTURES else _turned(one) for name, one in found.items()}
    if isinstance(found, list | tuple) and found and isinstance(found[0], str | dict | list | tuple):
        return [_turned(one) for one in found]
    return found
