"""The marks of a printed figure: lines, points, bars, cells, pictures. Each returns SVG text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..charts.theme import INK
from .axes import Axis
from .ink import DASH, number, tag, words
from .pictures import png_uri
from .series import bar_spans, colors, css, each, errors, image_shape, listed, shades, values

SHAPE = {
    "circle": "M{r},0A{r},{r} 0 1 1 -{r},0A{r},{r} 0 1 1 {r},0Z",
    "square": "M-{r},-{r}H{r}V{r}H-{r}Z",
    "diamond": "M0,-{d}L{d},0L0,{d}L-{d},0Z",
    "triangle-up": "M0,-{d}L{d},{r}H-{d}Z",
    "triangle-down": "M0,{d}L{d},-{r}H-{d}Z",
    "x": "M-{r},-{r}L{r},{r}M-{r},{r}L{r},-{r}",
    "cross": "M-{d},0H{d}M0,-{d}V{d}",
    "star": "M0,-{d}V{d}M-{d},0H{d}M-{r},-{r}L{r},{r}M-{r},{r}L{r},-{r}",
}
CELLS = 400  # cells beyond which a heatmap without numbers is one picture
MANY = 1500  # points beyond which a point is a dot of a path, so that a map stays small


def scatter(trace: dict[str, Any], x: Axis, y: Axis, data: list, layout: dict) -> str:
    xs, ys = values(trace, "x"), values(trace, "y")
    points = [(x.at(a), y.at(b)) for a, b in zip(xs, ys, strict=False)]
    mode = trace.get("mode") or ("lines+markers" if len(points) < 20 else "lines")
    parts = [_fill(trace, points, y, data, x)]
    if "lines" in mode:
        parts.append(polyline(trace, points))
    parts += _error_bars(trace, xs, ys, x, y)
    if "markers" in mode:
        parts.append(markers(trace, points))
    if "text" in mode:
        for i, (point, label) in enumerate(zip(points, each(trace.get("text"), len(points)), strict=False)):
            if None not in point and label:
                place = _at_text(trace.get("textposition"), i)
                parts.append(_label(label, *point, place, (trace.get("textfont") or {}).get("color")))
    return "".join(parts)


def polyline(trace: dict[str, Any], points: list) -> str:
    line = trace.get("line") or {}
    step = line.get("shape") == "hv"
    path, pen, last = [], False, None
    for px, py in points:
        if px is None or py is None:
            pen = pen and bool(trace.get("connectgaps"))
            continue
        if pen and step:
            path.append(f"L{number(px)},{number(last)}")
        path.append(f"{'L' if pen else 'M'}{number(px)},{number(py)}")
        pen, last = True, py
    width = line.get("width", 2)
    if not path or width == 0:
        return ""
    color = line.get("color") or trace["_color"]
    return tag("path", d="".join(path), fill="none", stroke=color, stroke_width=width,
               stroke_dasharray=DASH.get(line.get("dash")), stroke_linejoin="round")  # fmt: skip


def _fill(trace: dict[str, Any], points: list, y: Axis, data: list, x: Axis) -> str:
    kind = trace.get("fill")
    whole = [p for p in points if None not in p]
    if kind in (None, "none") or not whole:
        return ""
    edge = []
    if kind == "tozeroy":
        zero = y.at(0) if not y.log else y.start
        edge = [(whole[-1][0], zero), (whole[0][0], zero)]
    elif kind == "tonexty":
        index = next(i for i, t in enumerate(data) if t is trace)
        if index == 0:
            return ""
        before = data[index - 1]
        pairs = zip(values(before, "x"), values(before, "y"), strict=False)
        edge = [p for p in reversed([(x.at(a), y.at(b)) for a, b in pairs]) if None not in p]
    path = "M" + "L".join(f"{number(a)},{number(b)}" for a, b in [*whole, *edge]) + "Z"
    color = trace.get("fillcolor")
    return tag("path", d=path, fill=color or trace["_color"], stroke="none", fill_opacity=None if color else 0.18)


def _error_bars(trace: dict[str, Any], xs: list, ys: list, x: Axis, y: Axis) -> Iterator[str]:
    for letter in "xy":
        spec = trace.get(f"error_{letter}") or {}
        color = spec.get("color") or trace["_color"]
        for a, b, (low, high) in zip(xs, ys, errors(trace, letter, len(xs)), strict=False):
            if a is None or b is None or (low == 0 and high == 0):
                continue
            if letter == "y":
                at, ends = x.at(a), [y.at(b - low), y.at(b + high)]
                path = "M{0},{1}V{2}M{3},{1}H{4}M{3},{2}H{4}"
            else:
                at, ends = y.at(b), [x.at(a - low), x.at(a + high)]
                path = "M{1},{0}H{2}M{1},{3}V{4}M{2},{3}V{4}"
            if at is not None and None not in ends:
                drawn = path.format(*map(number, (at, *ends, at - 3, at + 3)))
                yield tag("path", d=drawn, stroke=color, stroke_width=spec.get("thickness", 1.4), fill="none")


def markers(trace: dict[str, Any], points: list) -> str:
    marker = trace.get("marker") or {}
    hues = colors(marker, len(points), trace["_color"])
    sizes, symbols = each(marker.get("size", 6), len(points)), each(marker.get("symbol", "circle"), len(points))
    if len(points) > MANY:
        return _dots(points, hues, float(sizes[0] or 4), marker.get("opacity"))
    line = marker.get("line") or {}
    parts = []
    for (px, py), color, size, symbol in zip(points, hues, sizes, symbols, strict=False):
        if px is None or py is None:
            continue
        name = str(symbol or "circle")
        hollow = name.endswith("-open")
        form = SHAPE.get(name.removesuffix("-open"), SHAPE["circle"])
        r = float(size or 6) / 2
        stroked = hollow or name in ("x", "cross", "star")
        edge, edge_width = each(line.get("color"), 1)[0], each(line.get("width"), 1)[0]
        parts.append(tag("path", d=form.format(r=number(r), d=number(r * 1.3)),
                         transform=f"translate({number(px)},{number(py)})",
                         fill="none" if stroked else color, stroke=color if stroked else edge,
                         stroke_width=1.6 if stroked else edge_width))  # fmt: skip
    return tag("g", "".join(parts), opacity=marker.get("opacity") if not listed(marker.get("opacity")) else None)


def _dots(points: list, colors: list, size: float, opacity: Any) -> str:
    """Thousands of points as one path a colour: a stroke of no length with a round cap is a dot."""
    by_color: dict[str, list[str]] = {}
    for (px, py), color in zip(points, colors, strict=False):
        if px is not None and py is not None:
            by_color.setdefault(color, []).append(f"M{number(px)},{number(py)}h0")
    paths = (
        tag("path", d="".join(found), stroke=color, stroke_width=size, stroke_linecap="round", fill="none")
        for color, found in by_color.items()
    )
    return tag("g", "".join(paths), opacity=opacity if isinstance(opacity, int | float) else 0.8)


def bar(trace: dict[str, Any], x: Axis, y: Axis, data: list, layout: dict) -> str:
    flat = trace.get("orientation") == "h"
    along, across = (x, y) if flat else (y, x)
    bars = [t for t in data if t["type"] == "bar" and t.get("xaxis") == trace.get("xaxis")]
    grouped = layout.get("barmode") not in ("stack", "relative", "overlay") and len(bars) > 1
    slot = abs(across.at(1) - across.at(0)) if across.at(1) is not None and across.at(0) is not None else 20.0
    thick = slot * (1 - float(layout.get("bargap") or 0.3)) / (len(bars) if grouped else 1)
    shift = (next(i for i, t in enumerate(bars) if t is trace) - (len(bars) - 1) / 2) * thick if grouped else 0.0
    spans = bar_spans(trace, data, layout)
    hues = colors(trace.get("marker") or {}, len(spans), trace["_color"])
    labels = each(trace.get("text"), len(spans))
    spread = errors(trace, "x" if flat else "y", len(spans))
    parts = []
    for (place, length, ends), color, label, (low, high) in zip(spans, hues, labels, spread, strict=False):
        middle, first, last = across.at(place), along.at(ends[0]), along.at(ends[1])
        if None in (middle, first, last):
            continue
        middle += shift
        box = (min(first, last), middle - thick / 2) if flat else (middle - thick / 2, min(first, last))
        size = (abs(last - first), thick) if flat else (thick, abs(last - first))
        parts.append(tag("rect", x=box[0], y=box[1], width=size[0], height=size[1], fill=color))
        if high or low:
            parts.append(_whisker(middle, along.at(ends[1] - low), along.at(ends[1] + high), flat))
        if label and length:
            parts.append(_label(label, *((last, middle) if flat else (middle, last)),
                                "middle right" if flat else "top center", None))  # fmt: skip
    return "".join(parts)


def _whisker(at: float, low: float, high: float, flat: bool) -> str:
    form = "M{1},{0}H{2}M{1},{3}V{4}M{2},{3}V{4}" if flat else "M{0},{1}V{2}M{3},{1}H{4}M{3},{2}H{4}"
    return tag("path", d=form.format(*map(number, (at, low, high, at - 3, at + 3))), stroke=INK, fill="none")


def heatmap(trace: dict[str, Any], x: Axis, y: Axis, data: list, layout: dict) -> str:
    z = np.asarray(trace["z"], dtype=float)
    finite = z[np.isfinite(z)]
    low = trace.get("zmin") if trace.get("zmin") is not None else (finite.min() if finite.size else 0.0)
    high = trace.get("zmax") if trace.get("zmax") is not None else (finite.max() if finite.size else 1.0)
    scale = shades(trace.get("colorscale"), 256)
    if z.size > CELLS and not trace.get("texttemplate"):
        return _raster(z, scale, low, high, x, y)
    xs, ys = values(trace, "x"), values(trace, "y")
    texts = trace.get("text") if "text" in (trace.get("texttemplate") or "") else None
    wide = abs(x.end - x.start) / max(len(xs), 1)
    tall = abs(y.end - y.start) / max(len(ys), 1)
    parts = []
    for i, b in enumerate(ys):
        for j, a in enumerate(xs):
            px, py = x.at(a), y.at(b)
            if px is None or py is None or not math.isfinite(z[i, j]):
                continue
            share = min(1.0, max(0.0, (z[i, j] - low) / ((high - low) or 1)))
            fill = scale[round(255 * share)]
            parts.append(
                tag("rect", x=px - wide / 2, y=py - tall / 2, width=wide + 0.3, height=tall + 0.3, fill=css(fill))
            )
            label = texts[i][j] if texts is not None else _cell(trace, z[i, j])
            if label:
                parts.append(words(str(label), px, py + 4, 11, "middle", fill=_readable(fill)))
    return "".join(parts)


def _raster(z: np.ndarray, scale: np.ndarray, low: float, high: float, x: Axis, y: Axis) -> str:
    """A fine heatmap as one picture; missing cells are transparent."""
    share = np.clip((np.nan_to_num(z, nan=low) - low) / ((high - low) or 1), 0, 1)
    pixels = scale[np.round(255 * share).astype(int)] * [1, 1, 1, 255]
    pixels[~np.isfinite(z), 3] = 0
    return _picture(png_uri(np.round(pixels).astype(np.uint8)), z.shape, x, y)


def _picture(href: str, shape: tuple[int, ...], x: Axis, y: Axis) -> str:
    """A picture over the cells 0 .. width - 1 and 0 .. height - 1; its first row lies at y = 0."""
    height, width = shape[:2]
    left, right = x.at(-0.5), x.at(width - 0.5)
    first, last = y.at(-0.5), y.at(height - 0.5)
    flip = f"translate(0,{number(first + last)}) scale(1,-1)" if last < first else None
    return tag("image", href=href, x=left, y=min(first, last), width=right - left, height=abs(last - first),
               preserveAspectRatio="none", style="image-rendering:pixelated", transform=flip)  # fmt: skip


def image(trace: dict[str, Any], x: Axis, y: Axis, data: list, layout: dict) -> str:
    if trace.get("source"):
        return _picture(trace["source"], image_shape(trace), x, y)
    return _picture(png_uri(np.asarray(trace["z"], dtype=np.uint8)), image_shape(trace), x, y)


def _label(text: Any, x: float, y: float, place: str, color: str | None) -> str:
    vertical, _, side = place.partition(" ")
    dy = {"top": -7.0, "bottom": 16.0}.get(vertical, 4.0)
    dx, anchor = {"left": (-7.0, "end"), "right": (7.0, "start")}.get(side, (0.0, "middle"))
    return words(str(text), x + dx, y + dy, 11, anchor, fill=color if isinstance(color, str) else None)


def _cell(trace: dict[str, Any], value: float) -> str:
    form = re.fullmatch(r"%\{z(?::([^}]*))?\}(.*)", trace.get("texttemplate") or "")
    return format(value, (form[1] or "g")) + form[2] if form else ""


def _readable(fill: np.ndarray) -> str:
    """Dark or white text, whichever stands out on a cell."""
    r, g, b, alpha = fill
    return INK if alpha < 0.5 or 0.299 * r + 0.587 * g + 0.114 * b > 140 else "#FFFFFF"


def _at_text(position: Any, index: int) -> str:
    return each(position or "top center", index + 1)[index]


DRAW = {"scatter": scatter, "scattergl": scatter, "bar": bar, "heatmap": heatmap, "image": image}
