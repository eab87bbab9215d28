"""Figures of the explain page: maps over images, tests beside the controls, planted shares, deletion curves."""

from __future__ import annotations

import base64
import io
import textwrap
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image
from plotly.subplots import make_subplots

from ..frame.safe import drawn
from ..verdicts.explain import FACTOR, is_control, name, ordered, part
from .theme import DASHES, GREY, INK, MARKERS, PALETTE, style

# Blue against orange stays apart for colour-blind eyes; no attribution is transparent, so the image shows through.
SCALE = [[0, "rgba(0,84,166,1)"], [0.5, "rgba(255,255,255,0)"], [1, "rgba(200,70,0,1)"]]
LEGEND = {"for the predicted class": "rgb(200,70,0)", "against it": "rgb(0,84,166)"}
TITLE = 16  # characters of a panel's title that stand in a line above a panel
LIMIT = 0.5
HEAD, ROW = 146, 140  # pixels above the panels and for each row of them


def maps(rows: list[dict[str, Any]]) -> go.Figure:
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
    for end, color in LEGEND.items():
        sample = {"symbol": "square", "size": 11, "color": color}
        figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", marker=sample, name=end))
    style(figure, "What speaks for the predicted class (orange) and against it (blue)", height=HEAD + ROW * len(rows))
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


def _limit(x: float, column: int) -> dict[str, Any]:
    """A dashed line from bottom to top of the panel in a column."""
    number, line = str(column) if column > 1 else "", {"color": INK, "dash": "dash", "width": 1}
    across = {"xref": f"x{number}", "x0": x, "x1": x}
    return {"type": "line", **across, "yref": f"y{number} domain", "y0": 0, "y1": 1, "line": line}


def tests(controls: dict[str, Any]) -> go.Figure:
    """Both tests of the joint rule, methods (filled) above controls (open), with the line that each must pass."""
    names = ordered(controls["verdict"])
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.04)
    marker = {"size": 11, "color": [_colour(n, names) for n in names], "symbol": [_symbol(n, names) for n in names]}
    labels = [name(n) for n in names]
    same = [controls["randomisation"][n] for n in names]
    lead = [controls["faithfulness"][n] for n in names]
    figure.add_trace(go.Scatter(x=same, y=labels, mode="markers", marker=marker, showlegend=False), 1, 1)
    figure.add_trace(
        go.Scatter(
            x=[e["value"] for e in lead], y=labels, mode="markers", marker=marker, error_x=_bars(lead), showlegend=False
        ),
        1,
        2,
    )
    figure.update_layout(shapes=[_limit(LIMIT, 1), _limit(0, 2)])
    what, noise = ("method", "random scores") if part(controls) == "words" else ("map", "the random map")
    style(figure, f"A {what} passes left of the left line and right of the right one; both controls must not")
    figure.update_xaxes(
        title_text="rank correlation with<br>a re-initialised model (low is good)", range=[-0.05, 1.05], col=1
    )
    figure.update_xaxes(title_text=f"(insertion − deletion) AUC<br>above {noise}, 95 % interval", col=2)
    return figure.update_yaxes(autorange="reversed")


def shares(methods: dict[str, dict[str, Any]], controls: dict[str, Any]) -> go.Figure:
    """Share of the absolute attribution on each planted factor, with intervals and the factor's share of the area."""
    factors = [f for f in FACTOR if (controls["planted_area"] or {}).get(f)]
    found_in = {**{m: b["planted_mean"] for m, b in methods.items()}, **controls["planted_mean"]}
    means = {m: found_in[m] for m in ordered(found_in)}
    figure = make_subplots(1, len(factors), shared_yaxes=True, subplot_titles=[f"On the {FACTOR[f]}" for f in factors])
    areas = []
    for column, factor in enumerate(factors, start=1):
        found = [means[m][factor] for m in means]
        figure.add_trace(
            go.Bar(
                x=[_percent(e["value"]) for e in found],
                y=[name(m) for m in means],
                orientation="h",
                marker={
                    "color": [GREY if is_control(m) else PALETTE[0] for m in means],
                    "pattern": {"shape": ["/" if is_control(m) else "" for m in means]},
                },
                error_x=_bars(found, 100),
                showlegend=False,
            ),
            1,
            column,
        )
        areas.append(_limit(100 * controls["planted_area"][factor], column))
    figure.update_layout(shapes=areas)
    style(figure, "Share of the attribution on planted pixels; dashed: their share of the image; hatched: controls")
    figure.update_xaxes(title_text="share of absolute attribution (%), 95 % interval", rangemode="tozero")
    return figure.update_yaxes(autorange="reversed").update_layout(margin={"t": 84})


def curves(controls: dict[str, Any]) -> go.Figure:
    """Mean probability of the predicted class while pixels are blackened or revealed (words masked or put back) in
    the order of each map."""
    names, found = ordered(controls["verdict"]), controls["curves"]
    x = [100 * f for f in found["fractions"]]
    figure = make_subplots(
        1, 2, shared_yaxes=True, subplot_titles=["Deletion (low is good)", "Insertion (high is good)"]
    )
    for column, way in enumerate(("deletion", "insertion"), start=1):
        for n in names:
            line = {
                "color": _colour(n, names),
                "dash": "dot" if is_control(n) else DASHES[names.index(n) % 3],
                "width": 2,
            }
            figure.add_trace(
                go.Scatter(
                    x=x,
                    y=[100 * p for p in found[n][way]],
                    name=name(n),
                    legendgroup=n,
                    showlegend=column == 1,
                    mode="lines+markers",
                    line=line,
                    marker={"symbol": _symbol(n, names), "size": 5},
                ),
                1,
                column,
            )
    what, who = part(controls), "method" if part(controls) == "words" else "map"
    style(figure, f"How the predicted class's probability follows the {what} that a {who} ranks first", height=420)
    figure.update_xaxes(title_text=f"{what} treated, highest attribution first (%)")
    figure.update_yaxes(range=[0, 102]).update_yaxes(title_text="mean probability (%)", col=1)
    return figure.update_layout(margin={"t": 84})


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


def _colour(n: str, names: list[str]) -> str:
    return GREY if is_control(n) else PALETTE[names.index(n) % len(PALETTE)]


def _symbol(n: str, names: list[str]) -> str:
    return MARKERS[names.index(n) % len(MARKERS)] + ("-open" if is_control(n) else "")


def _bars(found: list[dict[str, float | None]], scale: float = 1) -> dict[str, Any]:
    """Plotly error bars of estimates; none where there is no interval."""
    up = [scale * (e["high"] - e["value"]) if e["low"] is not None else 0 for e in found]
    down = [scale * (e["value"] - e["low"]) if e["low"] is not None else 0 for e in found]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": INK, "thickness": 1.2}


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value
