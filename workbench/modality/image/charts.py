"""Figures of explained images: maps over images."""

from __future__ import annotations

import base64
import io
import textwrap
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from ...charts.theme import style
from ...frame.safe import drawn

# Blue against orange stays apart for colour-blind eyes; no attribution is transparent, so the image shows through.
SCALE = [[0, "rgba(0,84,166,1)"], [0.5, "rgba(255,255,255,0)"], [1, "rgba(200,70,0,1)"]]
LEGEND = {"for the predicted class": "rgb(200,70,0)", "against it": "rgb(0,84,166)"}
LEGEND_OF_NUMBERS = {"raises the number": "rgb(200,70,0)", "lowers it": "rgb(0,84,166)"}
TITLE = 16  # characters of a panel's title that stand in a line above a panel
HEAD, ROW = 146, 140  # pixels above the panels and for each row of them


def maps(rows: list[dict[str, Any]], of_number: bool = False) -> go.Figure:
    """One row of panels per example: the image, then its maps over the faded image.

    rows: [{"title", "png": bytes, "panels": [(title, map H x W), ..]}], all maps of one size. Each map is divided by
    the 99.5th percentile of its absolute attribution, so colours compare places within a map, never strength
    between maps. All panels share one canvas and two traces: a grid of subplots takes ten times as long to build.
    A panel's title stands above its column, and again only in a row where it differs from the row above.
    """
    height, width = rows[0]["panels"][0][1].shape
    step_y, step_x = height + max(3, height // 4), width + max(1, width // 12)
    columns = 1 + max(len(r["panels"]) for r in rows)
    canvas = np.full((step_y * len(rows), step_x * columns, 3), 255, dtype=np.uint8)
    overlay = np.full(canvas.shape[:2], np.nan)
    figure, told = go.Figure(), []
    for i, row in enumerate(rows):
        bottom = slice((i + 1) * step_y - height, (i + 1) * step_y)
        plain, faded = _pixels(row["png"], (height, width))
        above = [title for title, _ in rows[i - 1]["panels"]] if i else []
        told.append(_told(-0.5, bottom.start - 1, drawn(row["title"]), xanchor="left"))
        for j in range(1 + len(row["panels"])):
            across = slice(j * step_x, j * step_x + width)
            canvas[bottom, across] = faded if j else plain
            if j:
                title, values = row["panels"][j - 1]
                overlay[bottom, across] = _scaled(values)
                if above[j - 1 : j] != [title]:
                    at = {"y": bottom.start - 1} if i else {"y": 1, "yref": "paper"}
                    lines = "<br>".join(map(drawn, textwrap.wrap(title, TITLE, break_long_words=False)))
                    told.append(_told(j * step_x + (width - 1) / 2, text=lines, **at))
    figure.add_trace(go.Image(source=_png(canvas), hoverinfo="skip"))
    figure.add_trace(_overlay(overlay))
    for end, color in (LEGEND_OF_NUMBERS if of_number else LEGEND).items():
        sample = {"symbol": "square", "size": 11, "color": color}
        figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", marker=sample, name=end))
    title = "What speaks for the predicted class (orange) and against it (blue)"
    title = "What raises the predicted number (orange) and lowers it (blue)" if of_number else title
    style(figure, title, height=HEAD + ROW * len(rows))
    down, right = canvas.shape[:2]
    figure.update_xaxes(visible=False, constrain="domain", range=[-0.5, right - 0.5])
    figure.update_yaxes(visible=False, scaleanchor="x", constraintoward="top", range=[down - 0.5, -0.5])
    return figure.update_layout(
        annotations=told,
        margin={"l": 8, "r": 8, "t": 104, "b": 36},
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
    )


def _told(x: float, y: float, text: str, **place: Any) -> dict[str, Any]:
    return {"x": x, "y": y, "text": text, "yanchor": "bottom", "showarrow": False, "font": {"size": 11}, **place}


def _scaled(values: np.ndarray) -> np.ndarray:
    """A map divided by the 99.5th percentile of its absolute attribution; an empty map stays empty."""
    return values / (float(np.quantile(np.abs(values), 0.995)) or 1.0)


def _overlay(values: np.ndarray) -> go.Heatmap:
    return go.Heatmap(
        z=np.round(values, 3),
        zmin=-1,
        zmax=1,
        colorscale=SCALE,
        showscale=False,
        hoverongaps=False,
        hovertemplate="%{z:+.2f} of the map's largest attribution<extra></extra>",
    )


def _pixels(png: bytes, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The image as uint8 H x W x 3, and in light grey, so that colours over it stay readable."""
    image = Image.open(io.BytesIO(png)).resize(size[::-1], Image.Resampling.NEAREST)
    grey = np.asarray(image.convert("L"))[..., None].repeat(3, axis=2)
    return np.asarray(image.convert("RGB")), (150 + grey * (105 / 255)).astype(np.uint8)


def _png(pixels: np.ndarray) -> str:
    """uint8 H x W x 3 as a data URI."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
