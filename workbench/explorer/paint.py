"""A column as the browser paints it: one byte a point, and a small table of what each byte means.

Numbers become 255 steps between their smallest and largest value, 255 meaning missing; a category's byte is its code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..charts.theme import GREY, MANY
from ..frame.safe import visible
from .columns import LONER, MISSING, OTHERS, Category, Quantity, Source, colour, places
from .grid import Frame, Grid, frame_of
from .shelf import Parcel

LEVELS = 255  # of a number; the byte after them is "missing"
MOST_LETTERS = 60  # of a name in the legend
SCALE = "Cividis"  # even in lightness: reads the same in greyscale and to colour-blind people
PLAIN = (OTHERS, MISSING, LONER, "not predicted")


@dataclass(frozen=True)
class Paint:
    """codes: uint8 P; parcel: them, as they travel; legend: what the browser is told of them."""

    codes: np.ndarray
    parcel: Parcel
    legend: dict[str, Any]


@lru_cache(maxsize=8)
def grid(sha256: str, frame: Frame | None = None) -> tuple[Grid, Parcel]:
    """The grid of the flat map `sha256` and its steps as they travel: uint16 x then y of each point, little endian.

    frame: of a map that shares its frame with others; none for its own.
    """
    found = Grid.of(places(sha256).at[:, :2], frame)
    return found, Parcel.of(found.steps.astype("<u2").tobytes())


@lru_cache(maxsize=256)
def own_frame(sha256: str) -> Frame:
    """The smallest frame of the map `sha256`."""
    return frame_of(places(sha256).at[:, :2])


@lru_cache(maxsize=32)
def paint(choice: str, sha256: str, source: Source) -> Paint:
    """The column `choice` for the points of the map `sha256`."""
    column = colour(choice, sha256, source)
    codes, legend = number(column) if isinstance(column, Quantity) else category(column)
    return Paint(codes, Parcel.of(codes.tobytes()), legend)


def number(column: Quantity) -> tuple[np.ndarray, dict[str, Any]]:
    """Codes of a number; NaN and infinity are missing, a constant has the lowest code."""
    values = column.values.astype(np.float64)
    known = np.isfinite(values)
    low, high = (float(values[known].min()), float(values[known].max())) if known.any() else (0.0, 0.0)
    codes = np.full(len(values), LEVELS, dtype=np.uint8)
    codes[known] = np.rint((values[known] - low) * ((LEVELS - 1) / ((high - low) or 1.0)))
    legend = {
        "kind": "number",
        "title": visible(column.title),
        "low": low,
        "high": high,
        "missing": int((~known).sum()),
        "colours": [*scale(LEVELS), GREY],
    }
    return codes, legend


def category(column: Category) -> tuple[np.ndarray, dict[str, Any]]:
    """Codes of a category, with the count and colour of each name; what names no group is grey."""
    codes = column.codes.astype(np.uint8)
    counts = np.bincount(codes, minlength=len(column.names))
    entries = [
        {"name": shortened(name), "count": int(count), "colour": GREY if name in PLAIN else MANY[code % len(MANY)]}
        for code, (name, count) in enumerate(zip(column.names, counts, strict=True))
    ]
    return codes, {
        "kind": "category",
        "title": visible(column.title),
        "entries": entries,
        "colours": [e["colour"] for e in entries],
    }


def shortened(name: str) -> str:
    """A name as a legend has room for it."""
    name = visible(name)
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"


@lru_cache(maxsize=4)
def scale(steps: int) -> tuple[str, ...]:
    """The colour scale in so many steps, as #rrggbb."""
    from plotly.colors import sample_colorscale

    found = sample_colorscale(SCALE, np.linspace(0, 1, steps).tolist(), colortype="tuple")
    return tuple("#" + "".join(f"{round(255 * part):02x}" for part in one) for one in found)
