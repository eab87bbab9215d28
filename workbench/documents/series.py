"""What a Plotly trace holds: its values, how far they reach, its error bars, stacks and colours."""

from __future__ import annotations

import base64
import io
import math
import re
from typing import Any

import numpy as np
from PIL import Image
from plotly.colors import get_colorscale, hex_to_rgb

from ..charts.theme import PALETTE


def values(trace: dict[str, Any], letter: str) -> list[Any]:
    """The trace's values along an axis, as a plain list; missing numbers are None."""
    found = trace.get(letter)
    if found is None and trace["type"] == "heatmap":
        shape = np.shape(trace["z"])
        return list(range(shape[1] if letter == "x" else shape[0]))
    if found is None:
        other = trace.get("y" if letter == "x" else "x")
        return list(range(len(other))) if other is not None else []
    plain = found.tolist() if isinstance(found, np.ndarray) else list(found)
    return [
        None if isinstance(v, float) and not math.isfinite(v) else getattr(v, "item", lambda v=v: v)() for v in plain
    ]


def extent(trace: dict[str, Any], letter: str, data: list[dict[str, Any]], layout: dict[str, Any]) -> list[Any]:
    """Every value that the axis must hold: points, error bars, bar bases and stacks, cell edges."""
    found = values(trace, letter) if trace["type"] != "image" else []
    if trace["type"] == "image":
        height, width = image_shape(trace)
        return [-0.5, (width if letter == "x" else height) - 0.5]
    if trace["type"] == "heatmap" and all(isinstance(v, int | float) for v in found) and len(found) > 1:
        half = (found[-1] - found[0]) / (len(found) - 1) / 2
        return [found[0] - half, *found, found[-1] + half]
    bars = trace["type"] == "bar" and (letter == "x") == (trace.get("orientation") == "h")
    if bars:
        return [0.0, *(end for _, _, ends in bar_spans(trace, data, layout) for end in ends)]
    for value, (low, high) in zip(list(found), errors(trace, letter, len(found)), strict=False):
        if isinstance(value, int | float):
            found += [value - low, value + high]
    return found


def image_shape(trace: dict[str, Any]) -> tuple[int, int]:
    """(height, width) in pixels of an image trace, given as numbers or as a PNG data URI."""
    if trace.get("z") is not None:
        return np.shape(trace["z"])[:2]
    with Image.open(io.BytesIO(base64.b64decode(trace["source"].partition(",")[2]))) as picture:
        return picture.height, picture.width


def errors(trace: dict[str, Any], letter: str, count: int) -> list[tuple[float, float]]:
    """(below, above) for every point; no error bars are (0, 0)."""
    spec = trace.get(f"error_{letter}") or {}
    if spec.get("visible") is False or spec.get("array") is None:
        return [(0.0, 0.0)] * count
    above = [finite(v) for v in spec["array"]]
    below = spec.get("arrayminus")
    below = [finite(v) for v in below] if below is not None else above
    return list(zip(below, above, strict=False))


def bar_spans(
    trace: dict[str, Any], data: list[dict[str, Any]], layout: dict[str, Any]
) -> list[tuple[Any, float, tuple[float, float]]]:
    """[(category, length, (from, to))] of a bar trace, stacked on the traces before it where the layout says so."""
    flat = trace.get("orientation") == "h"
    along, across = ("x", "y") if flat else ("y", "x")
    stacked = layout.get("barmode") in ("stack", "relative")
    before: dict[Any, float] = {}
    for other in data:
        lengths, places = values(other, along), values(other, across)
        if other["type"] != "bar":
            continue
        base = other.get("base")
        spans = []
        for i, (place, length) in enumerate(zip(places, lengths, strict=False)):
            start = _at(base, i, 0.0) + (before.get(place, 0.0) if stacked else 0.0)
            spans.append((place, length or 0.0, (start, start + (length or 0.0))))
            before[place] = before.get(place, 0.0) + (length or 0.0)
        if other is trace:
            return spans
    return []


def color_of(trace: dict[str, Any], index: int) -> str:
    """The one colour that stands for a trace."""
    fallback = PALETTE[index % len(PALETTE)]
    for part in ("marker", "line"):
        color = (trace.get(part) or {}).get("color")
        if isinstance(color, str):
            return color
    return fallback


def colors(marker: dict[str, Any], count: int, fallback: str) -> list[str]:
    color = marker.get("color")
    if not listed(color):
        return [color if isinstance(color, str) else fallback] * count
    found = list(color)
    if found and isinstance(found[0], str):
        return found
    numbers = np.asarray([finite(v) for v in found])
    low = marker.get("cmin") if marker.get("cmin") is not None else numbers.min(initial=0.0)
    high = marker.get("cmax") if marker.get("cmax") is not None else numbers.max(initial=1.0)
    shares = np.clip((numbers - low) / ((high - low) or 1), 0, 1)
    steps = shades(marker.get("colorscale"), 33)  # few colours keep a map's paths few
    return [css(steps[round(32 * share)]) for share in shares]


def shades(scale: Any, count: int) -> np.ndarray:
    """`count` colours along a Plotly colour scale (a name, or [(share, colour)]): count x 4, RGB to 255, alpha to 1."""
    stops = get_colorscale(scale or "viridis") if scale is None or isinstance(scale, str) else scale
    places = [float(share) for share, _ in stops]
    colors = np.array([rgba(color) for _, color in stops])
    at = np.linspace(0, 1, count)
    return np.column_stack([np.interp(at, places, colors[:, i]) for i in range(4)])


def rgba(color: str) -> tuple[float, float, float, float]:
    """ "#0072B2", "rgb(0, 114, 178)" or "rgba(0,114,178,0.5)" as numbers."""
    if color.startswith("#"):
        return (*(float(v) for v in hex_to_rgb(color)), 1.0)
    parts = [float(v) for v in re.findall(r"[\d.]+", color)]
    return (*parts[:3], parts[3] if len(parts) > 3 else 1.0)


def css(color: np.ndarray) -> str:
    r, g, b = (round(float(v)) for v in color[:3])
    return f"#{r:02X}{g:02X}{b:02X}" if color[3] >= 1 else f"rgba({r},{g},{b},{color[3]:.2f})"


def _at(value: Any, index: int, missing: float) -> float:
    return missing if value is None else float(value[index] if listed(value) else value)


def listed(value: Any) -> bool:
    return isinstance(value, list | tuple | np.ndarray)


def each(value: Any, count: int) -> list[Any]:
    return list(value) if listed(value) else [value] * count


def finite(value: Any) -> float:
    return float(value) if value is not None and math.isfinite(value) else 0.0
