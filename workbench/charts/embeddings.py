"""Figures of the embeddings page: one map in two or three dimensions, coloured by one column.

Every point carries its row number (customdata) and nothing else: what is known of it is looked up when it is
selected. Rows that are not selected stay visible in grey.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ..explorer.columns import MISSING, OTHERS, Category, Places, Quantity
from .theme import GREY, INK, MARKERS, PALETTE, style

FADED = "#C9CDD3"
SCALE = "Cividis"  # even in lightness: reads the same in greyscale and to colour-blind people
SYMBOLS_3D = ("circle", "square", "diamond", "x", "cross")  # all that Plotly draws in three dimensions, filled
FEW_SELECTED = 50
# Plotly draws WebGL at twice the resolution unless told otherwise, which doubles the time where no GPU helps.
CONFIG = {"displaylogo": False, "scrollZoom": True, "plotGlPixelRatio": 1}
MODES = {"Lasso": "lasso", "Box": "select", "Click": "pan"}


def scatter(
    places: Places,
    colour: Category | Quantity,
    title: str,
    subtitle: str,
    axis: str,
    selected: list[int] = (),
    ringed: list[int] = (),
    dragmode: str = "lasso",
    height: int = 560,
) -> go.Figure:
    """The map. `selected`, `ringed`: row numbers; with a selection the other points turn grey; a ring is an outline."""
    flat = places.at.shape[1] == 2
    emphasised = np.isin(places.rows, selected) if len(selected) else None
    figure = go.Figure()
    for name, points, marker in _layers(colour, flat):
        draw = _trace_2d if flat else _trace_3d
        figure.add_traces(draw(places, name, points, marker, emphasised))
    if len(ringed):
        figure.add_traces(_rings(places, ringed, flat))
    style(figure, title, "", "", height)
    small = {"size": 12, "color": INK}
    figure.update_layout(
        title={"subtitle": {"text": subtitle, "font": small}, "y": 0.97, "yanchor": "top"},
        margin={"t": 108, "l": 40, "b": 40},
        legend={"y": -0.08, "itemsizing": "constant"},
        modebar={"orientation": "v"},
    )
    names = [f"{axis} {i + 1} (no unit)" for i in range(places.at.shape[1])]
    if flat:
        figure.update_layout(dragmode=dragmode)
        figure.update_xaxes(title={"text": names[0], "font": small}, showticklabels=False, ticks="")
        # One scale on both axes: a stretched map would show distances that the projection did not make.
        figure.update_yaxes(title={"text": names[1], "font": small}, showticklabels=False, ticks="", scaleanchor="x")
    else:
        axes = {
            f"{a}axis": {"title": {"text": n, "font": small}, "showticklabels": False}
            for a, n in zip("xyz", names, strict=True)
        }
        figure.update_layout(scene={**axes, "aspectmode": "data", "camera": {"eye": {"x": 1.5, "y": 1.5, "z": 1.2}}})
    return figure


def _layers(colour: Category | Quantity, flat: bool) -> list[tuple[str, np.ndarray, dict]]:
    """(legend entry, positions of its points, marker), one for each category, or one for all known numbers."""
    symbols = MARKERS if flat else SYMBOLS_3D
    size = 6 if flat else 3
    if isinstance(colour, Quantity):
        known = ~np.isnan(colour.values)
        bar = {"title": {"text": colour.title, "side": "right"}, "thickness": 12}
        marker = {"color": colour.values[known], "colorscale": SCALE, "colorbar": bar, "size": size, "opacity": 0.8}
        layers = [(colour.title, np.flatnonzero(known), marker)]
        if not known.all():
            layers.append((MISSING, np.flatnonzero(~known), {"color": FADED, "size": size - 1, "symbol": "x"}))
        return layers
    layers = []
    for code, name in enumerate(colour.names):
        plain = name in (OTHERS, MISSING, "not predicted")
        # The second round through the colours takes other markers, so that sixteen categories stay apart.
        symbol = symbols[(code + code // len(PALETTE)) % len(symbols)]
        marker = {
            "color": GREY if plain else PALETTE[code % len(PALETTE)],
            "symbol": symbol,
            "size": size,
            "opacity": 0.75,
        }
        layers.append((name, np.flatnonzero(colour.codes == code), marker))
    return layers


def _trace_2d(places: Places, name: str, points: np.ndarray, marker: dict, emphasised: np.ndarray | None) -> list:
    at = places.at[points]
    trace = go.Scattergl(
        x=at[:, 0],
        y=at[:, 1],
        customdata=places.rows[points],
        mode="markers",
        name=name,
        marker=marker,
        unselected={"marker": {"color": FADED, "opacity": 0.35}},
        hovertemplate="row %{customdata}<extra>" + _escaped(name) + "</extra>",
    )
    if emphasised is not None:
        trace.selectedpoints = np.flatnonzero(emphasised[points])
        trace.selected.marker = {"opacity": 1, "size": _emphasis(marker["size"], emphasised)}
    return [trace]


def _emphasis(size: int, emphasised: np.ndarray) -> int:
    """A few selected points are drawn larger: a single coloured point is lost among thousands."""
    return 2 * size if emphasised.sum() <= FEW_SELECTED else size


def _trace_3d(places: Places, name: str, points: np.ndarray, marker: dict, emphasised: np.ndarray | None) -> list:
    """Plotly selects nothing in three dimensions, so what is not selected becomes a grey trace of its own."""
    if emphasised is None:
        return [_cloud(places, points, name, marker)]
    chosen = emphasised[points]
    picked = marker | {"size": _emphasis(marker["size"], emphasised), "opacity": 1}
    if isinstance(marker["color"], np.ndarray):
        picked["color"] = marker["color"][chosen]
    faded = {"color": FADED, "size": marker["size"] - 1, "opacity": 0.3}
    rest = _cloud(places, points[~chosen], name, faded).update(showlegend=False)
    return [_cloud(places, points[chosen], name, picked), rest]


def _cloud(places: Places, points: np.ndarray, name: str, marker: dict) -> go.Scatter3d:
    x, y, z = places.at[points].T
    hover = "row %{customdata}<extra>" + _escaped(name) + "</extra>"
    return go.Scatter3d(
        x=x, y=y, z=z, customdata=places.rows[points], mode="markers", name=name, marker=marker, hovertemplate=hover
    )


def _rings(places: Places, ringed: list[int], flat: bool) -> go.Scattergl | go.Scatter3d:
    at = places.at[np.isin(places.rows, ringed)]
    marker = {"symbol": "circle-open", "size": 14 if flat else 8, "color": INK, "line": {"width": 2, "color": INK}}
    shared = {"mode": "markers", "name": "true neighbours", "marker": marker, "hoverinfo": "skip"}
    if not flat:
        return go.Scatter3d(x=at[:, 0], y=at[:, 1], z=at[:, 2], **shared)
    return go.Scattergl(x=at[:, 0], y=at[:, 1], unselected={"marker": {"opacity": 1, "color": INK}}, **shared)


def _escaped(name: str) -> str:
    """A name for a hover box, where Plotly reads < as the start of a tag and %{ as a variable."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace("%{", "% {")
