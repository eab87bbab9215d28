"""Figures of the embeddings page: one map in two or three dimensions, coloured by one column.

Every point carries its row number (customdata), of texts also the text's beginning; what else is known of it is looked
up when it is selected. Rows that are not selected stay visible in grey.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ..explorer.columns import LONER, MISSING, OTHERS, Category, Places, Quantity
from ..explorer.grid import Frame
from ..frame.safe import drawn
from .theme import GREY, INK, MARKERS, PALETTE, style

FADED = "#C9CDD3"
SCALE = "Cividis"  # even in lightness: reads the same in greyscale and to colour-blind people
SYMBOLS_3D = ("circle", "square", "diamond", "x", "cross")  # all that Plotly draws in three dimensions, filled
FEW_SELECTED = 50
EDGE = 0.03  # of a frame, left free around it
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
    ring: str = "true neighbours",
    hover: list[str] | None = None,
    frame: Frame | None = None,
) -> go.Figure:
    """The map. `selected`, `ringed`: row numbers; with a selection the other points turn grey; a ring is an outline,
    `ring` what it means; `hover`: what the box of each point says, safe for Plotly; `frame`: what is seen of a flat
    map, none for all of it."""
    flat = places.at.shape[1] == 2
    emphasised = np.isin(places.rows, selected) if len(selected) else None
    figure = go.Figure()
    for name, points, marker in _layers(colour, flat):
        draw = _trace_2d if flat else _trace_3d
        figure.add_traces(draw(places, name, points, marker, emphasised, hover))
    if len(ringed):
        figure.add_traces(_rings(places, ringed, flat).update(name=ring))
    style(figure, drawn(title), "", "", height)
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
        if frame:
            x, y, span = frame
            figure.update_xaxes(range=[x - EDGE * span, x + (1 + EDGE) * span])
            figure.update_yaxes(range=[y - EDGE * span, y + (1 + EDGE) * span])
    else:
        axes = {
            f"{a}axis": {"title": {"text": n, "font": small}, "showticklabels": False}
            for a, n in zip("xyz", names, strict=True)
        }
        figure.update_layout(scene={**axes, "aspectmode": "data", "camera": {"eye": {"x": 1.5, "y": 1.5, "z": 1.2}}})
    return figure


def mark(figure: go.Figure, x: float, y: float, what: str) -> None:
    """A place on a flat map that is no point of it: a cross in a ring, and what it is."""
    spot = {"size": 20, "symbol": "circle-cross-open", "color": INK, "line": {"width": 3}}
    text = drawn(what)
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers+text",
        marker=spot,
        text=[text],
        textposition="top center",
        hoverinfo="skip",
        name=text,
    )


def _layers(colour: Category | Quantity, flat: bool) -> list[tuple[str, np.ndarray, dict]]:
    """(legend entry, positions of its points, marker), one for each category, or one for all known numbers."""
    symbols = MARKERS if flat else SYMBOLS_3D
    size = 6 if flat else 3
    if isinstance(colour, Quantity):
        known = ~np.isnan(colour.values)
        bar = {"title": {"text": drawn(colour.title), "side": "right"}, "thickness": 12}
        marker = {"color": colour.values[known], "colorscale": SCALE, "colorbar": bar, "size": size, "opacity": 0.8}
        layers = [(drawn(colour.title), np.flatnonzero(known), marker)]
        if not known.all():
            layers.append((MISSING, np.flatnonzero(~known), {"color": FADED, "size": size - 1, "symbol": "x"}))
        return layers
    layers = []
    for code, name in enumerate(colour.names):
        plain = name in (OTHERS, MISSING, LONER, "not predicted")
        # The second round through the colours takes other markers, so that sixteen categories stay apart.
        symbol = symbols[(code + code // len(PALETTE)) % len(symbols)]
        marker = {
            "color": GREY if plain else PALETTE[code % len(PALETTE)],
            "symbol": symbol,
            "size": size,
            "opacity": 0.75,
        }
        layers.append((drawn(name), np.flatnonzero(colour.codes == code), marker))
    return layers


def _says(name: str, points: np.ndarray, hover: list[str] | None) -> dict:
    """The hover box: the row's number and, where `hover` has it, its text."""
    text = {} if hover is None else {"text": [hover[point] for point in points]}
    line = "" if hover is None else "<br>%{text}"
    return {**text, "hovertemplate": f"row %{{customdata}}{line}<extra>{name}</extra>"}


def _trace_2d(places: Places, name: str, points: np.ndarray, marker: dict, emphasised, hover) -> list:
    at = places.at[points]
    trace = go.Scatter(
        x=at[:, 0],
        y=at[:, 1],
        customdata=places.rows[points],
        mode="markers",
        name=name,
        marker=marker,
        unselected={"marker": {"color": FADED, "opacity": 0.35}},
        **_says(name, points, hover),
    )
    if emphasised is not None:
        trace.selectedpoints = np.flatnonzero(emphasised[points])
        trace.selected.marker = {"opacity": 1, "size": _emphasis(marker["size"], emphasised)}
    return [trace]


def _emphasis(size: int, emphasised: np.ndarray) -> int:
    """A few selected points are drawn larger: a single coloured point is lost among thousands."""
    return 2 * size if emphasised.sum() <= FEW_SELECTED else size


def _trace_3d(places: Places, name: str, points: np.ndarray, marker: dict, emphasised, hover) -> list:
    """Plotly selects nothing in three dimensions, so what is not selected becomes a grey trace of its own."""
    if emphasised is None:
        return [_cloud(places, points, name, marker, hover)]
    chosen = emphasised[points]
    picked = marker | {"size": _emphasis(marker["size"], emphasised), "opacity": 1}
    if isinstance(marker["color"], np.ndarray):
        picked["color"] = marker["color"][chosen]
    faded = {"color": FADED, "size": marker["size"] - 1, "opacity": 0.3}
    rest = _cloud(places, points[~chosen], name, faded, hover).update(showlegend=False)
    return [_cloud(places, points[chosen], name, picked, hover), rest]


def _cloud(places: Places, points: np.ndarray, name: str, marker: dict, hover: list[str] | None) -> go.Scatter3d:
    x, y, z = places.at[points].T
    says = _says(name, points, hover)
    return go.Scatter3d(x=x, y=y, z=z, customdata=places.rows[points], mode="markers", name=name, marker=marker, **says)


def _rings(places: Places, ringed: list[int], flat: bool) -> go.Scatter | go.Scatter3d:
    at = places.at[np.isin(places.rows, ringed)]
    marker = {"symbol": "circle-open", "size": 14 if flat else 8, "color": INK, "line": {"width": 2, "color": INK}}
    shared = {"mode": "markers", "marker": marker, "hoverinfo": "skip"}
    if not flat:
        return go.Scatter3d(x=at[:, 0], y=at[:, 1], z=at[:, 2], **shared)
    return go.Scatter(x=at[:, 0], y=at[:, 1], unselected={"marker": {"opacity": 1}}, **shared)


SIZE = (850, 290)  # px that the points of a flat map take on a usual screen
LETTER, LINE = 6.6, 18  # px of a label's letter and line


def label(figure: go.Figure, names: list[tuple[float, float, str]], places: Places) -> go.Figure:
    """Write (x, y, name) on a flat map, the first ones first: beside its place with a line to it where another label
    lies there already, not at all where there is no room near it."""
    spans = np.ptp(places.at, axis=0)
    scale = float(np.min(np.array(SIZE) / np.where(spans > 0, spans, 1)))  # both axes have one scale
    taken: list[tuple[float, float, float]] = []
    for x, y, name in names:
        half = LETTER * len(name) / 2 + 4
        at = (x * scale, -y * scale)
        rise = next((r for r in (0, -1, 1, -2, 2, -3, 3) if _free(at[0], at[1] + r * LINE, half, taken)), None)
        if rise is None:
            continue
        taken.append((at[0], at[1] + rise * LINE, half))
        figure.add_annotation(
            x=x,
            y=y,
            text=drawn(name),
            showarrow=rise != 0,
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=INK,
            ax=0,
            ay=rise * LINE,
            font={"size": 12, "color": INK},
            bgcolor="rgba(255, 255, 255, 0.75)",
        )
    return figure


def _free(x: float, y: float, half: float, taken: list[tuple[float, float, float]]) -> bool:
    """Whether a label of this half width covers none of those taken (x, y, half width; px)."""
    return all(abs(y - other[1]) >= LINE or abs(x - other[0]) >= half + other[2] for other in taken)
