"""Colours and layout of every chart: readable in print, in greyscale and by colour-blind people.

Colours: Okabe & Ito (2008), ordered so that neighbours also differ in lightness. Series differ by marker
and dash as well as by colour, so that nothing rests on colour alone.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
# Sixteen that stay apart where no marker can help: the above, then the "muted" scheme of Tol (2021), made likewise.
MANY = (*PALETTE, "#CC6677", "#332288", "#117733", "#88CCEE", "#882255", "#DDCC77", "#44AA99", "#999933")
GREY = "#8A8F98"
INK = "#1F2430"
GRID = "#E6E8EC"
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "triangle-down")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")

# One meaning, one colour, on every page.
ARM = {
    "ssl": PALETTE[0],
    "scratch_aug": PALETTE[1],
    "scratch_plain": PALETTE[4],
    "random": GREY,
    "classical": PALETTE[2],
    "reference": PALETTE[3],
}
STATE = {"healthy": PALETTE[2], "watch": PALETTE[4], "collapsed": PALETTE[1]}


DRAWN = ("bar", "heatmap", "scatter", "scatter3d")  # the kinds of trace here of which the template says something


@cache
def template() -> dict[str, Any]:
    """Plotly's "plotly_white" without the kinds of trace that are not drawn here: each figure copies it whole."""
    whole = pio.templates["plotly_white"].to_plotly_json()
    return {"layout": whole["layout"], "data": {kind: whole["data"][kind] for kind in DRAWN}}


def house(title: str, height: int) -> dict[str, Any]:
    """The layout that every figure starts from."""
    return {
        "title": {"text": title, "x": 0, "xanchor": "left", "font": {"size": 16, "color": INK}},
        "template": template(),
        "colorway": list(PALETTE),
        "font": {"family": "system-ui, -apple-system, 'Segoe UI', sans-serif", "size": 13, "color": INK},
        "margin": {"l": 64, "r": 16, "t": 52, "b": 52},
        "height": height,
        "legend": {"orientation": "h", "y": -0.22, "x": 0},
        "hoverlabel": {"font": {"size": 12}},
    }


def axis(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title or None},
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": GREY,
        "ticks": "outside",
    }


def style(figure: go.Figure, title: str, x: str = "", y: str = "", height: int = 380) -> go.Figure:
    """Give a figure its title (what it shows), axis labels with units, and the house layout."""
    for name, value in house(title, height).items():  # a third of the time that `update_layout` takes
        figure.layout[name] = value
    figure.update_xaxes(axis(x))
    figure.update_yaxes(axis(y))
    return figure
