"""A Plotly figure as static SVG: what prints, opens offline and runs no script.

Covers what the workbench's charts use: scatter (lines, markers, text, filled bands, error bars), bar, heatmap and
image traces, several subplots, shapes, annotations, a legend. `draw` raises Unsupported for any other trace, so that
a report names the missing figure and does not show a wrong one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from typing import Any

import plotly.graph_objects as go

from . import axes, frame
from .ink import number, strip, tag, words, wrapped
from .series import color_of, extent, values
from .traces import DRAW

WIDTH = 720
HALF = 420  # of a figure that stands beside another; scaled down a little


class Unsupported(ValueError):
    """This figure cannot be drawn on paper."""


def draw(figure: go.Figure, width: int = WIDTH) -> str:
    """The figure as one <svg> element. Every text is escaped. Raises Unsupported."""
    data = [t.to_plotly_json() for t in figure.data if t.visible in (None, True)]
    for trace in data:
        if trace["type"] not in DRAW:
            raise Unsupported(f"a {trace['type']} trace has no form on paper")
    return _Sheet(data, figure.layout.to_plotly_json(), width).svg()


class _Sheet:
    """One figure being drawn."""

    def __init__(self, data: list[dict[str, Any]], layout: dict[str, Any], width: int):
        self.data, self.layout, self.width = data, layout, width
        self.height = int(layout.get("height") or 380)
        for i, trace in enumerate(data):
            trace["_color"] = color_of(trace, i)
        self.left, self.right = self._left(), 20.0
        self.title = layout.get("title") or {}
        self.subtitle = strip((self.title.get("subtitle") or {}).get("text") or "")
        self.top = (44.0 if self.title.get("text") else 16.0) + (18.0 if self.subtitle else 0.0)
        self.top += 16.0 if any(n.get("yref") == "paper" for n in layout.get("annotations") or ()) else 0.0
        self.legend, legend_height = frame.legend(data, layout, self.left, width - self.right)
        self.bottom = 46.0
        flat = [self._axis(name) for name in self._names() if name[0] == "x"]
        under = max(frame.below(axis) for axis in flat)
        self.bottom = under + legend_height
        self.height = self._snug() or self.height + int(under - 46 + legend_height)
        self.legend_at = self.height - legend_height
        self.axes = {name: self._axis(name) for name in self._names()}
        self._equal_units()

    def svg(self) -> str:
        parts = [self._title(), *self._frames(), *self._shapes("below")]
        for kind in ("image", "heatmap", "bar", "scatter", "scattergl"):
            for trace in self.data:
                if trace["type"] == kind:
                    parts.append(self._clipped(trace))
        parts += [*self._shapes("above"), *self._annotations()]
        parts.append(tag("g", self.legend, transform=f"translate(0,{number(self.legend_at)})"))
        title = escape(strip(self.title.get("text") or "figure"))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" role="img" '
            f'aria-label="{title}" font-family="system-ui, sans-serif" font-size="12" fill="#1F2430">'
            + "".join(parts)
            + "</svg>"
        )

    def _left(self) -> float:
        """Room for the widest category name on a y axis."""
        if self._spec("y").get("visible") is False:
            return 8.0
        longest = 0
        for trace in self.data:
            longest = max([longest, *(len(v) for v in values(trace, "y") if isinstance(v, str))])
        for name, spec in self.layout.items():
            if name.startswith("yaxis") and spec.get("ticktext") is not None:
                longest = max([longest, *(len(str(t)) for t in spec["ticktext"])])
        return min(220.0, max(64.0, 24.0 + 6.4 * longest))

    def _snug(self) -> int | None:
        """The sheet's height around pictures as wide as the sheet, where the layout asks for no room below them."""
        if self._spec("y").get("constraintoward") != "top":
            return None
        x, y = self._axis("x"), self._axis("y")
        scale = (self.width - self.left - self.right) / abs(x.high - x.low)
        return math.ceil(self.top + abs(y.high - y.low) * scale + self.bottom)

    def _names(self) -> list[str]:
        used = {(t.get("xaxis") or "x") for t in self.data} | {(t.get("yaxis") or "y") for t in self.data}
        return sorted(used | {"x", "y"})

    def _spec(self, name: str) -> dict[str, Any]:
        return self.layout.get(name[0] + "axis" + name[1:]) or {}

    def _axis(self, name: str) -> axes.Axis:
        letter, spec = name[0], self._spec(name)
        mine = [t for t in self.data if (t.get(letter + "axis") or letter) == name]
        values = [v for t in mine for v in extent(t, letter, self.data, self.layout)]
        if not any(isinstance(v, str) for v in values) and spec.get("type") != "category":
            values += self._drawn_at(name)
        low, high = spec.get("domain") or (0.0, 1.0)
        if letter == "x":
            inner = self.width - self.left - self.right
            return axes.build(spec, values, self.left + low * inner, self.left + high * inner)
        inner = self.height - self.top - self.bottom
        base = self.height - self.bottom
        if any(t["type"] == "image" for t in mine) and "autorange" not in spec and "range" not in spec:
            spec = {**spec, "autorange": "reversed"}
        return axes.build(spec, values, base - low * inner, base - high * inner)

    def _drawn_at(self, name: str) -> list[Any]:
        """Where shapes lie on an axis: a bound above all data must be on the sheet too, as Plotly has it."""
        letter = name[0]
        mine = [s for s in self.layout.get("shapes") or () if (s.get(letter + "ref") or letter) == name]
        return [s[end] for s in mine for end in (letter + "0", letter + "1") if s.get(end) is not None]

    def _equal_units(self) -> None:
        """One unit as long across as up, where the layout asks for it: maps and images keep their shape."""
        for yname, y in list(self.axes.items()):
            xname = y.spec.get("scaleanchor")
            if yname[0] != "y" or xname not in self.axes or y.categories:
                continue
            x = self.axes[xname]
            per_x = abs(x.end - x.start) / (abs(x.high - x.low) or 1)
            per_y = abs(y.end - y.start) / (abs(y.high - y.low) or 1)
            scale = min(per_x, per_y)
            self.axes[xname] = _widened(x, abs(x.end - x.start) / scale)
            self.axes[yname] = _widened(y, abs(y.end - y.start) / scale)

    def _pairs(self) -> Iterator[tuple[axes.Axis, axes.Axis]]:
        seen = {(t.get("xaxis") or "x", t.get("yaxis") or "y") for t in self.data} or {("x", "y")}
        return ((self.axes[x], self.axes[y]) for x, y in sorted(seen))

    def _title(self) -> str:
        title = strip(self.title.get("text") or "")
        parts = words(title, 8, 22, size=15, weight="600") if title else ""
        return parts + (words(self.subtitle, 8, 40, size=11.5, fill="#5A606B") if self.subtitle else "")

    def _frames(self) -> Iterator[str]:
        """Grid, axis lines, ticks and axis titles of every subplot."""
        for x, y in self._pairs():
            if x.spec.get("visible") is not False:
                yield from frame.x_axis(x, y)
            if y.spec.get("visible") is not False:
                yield from frame.y_axis(y, x)

    def _clipped(self, trace: dict[str, Any]) -> str:
        x, y = self.axes[trace.get("xaxis") or "x"], self.axes[trace.get("yaxis") or "y"]
        drawn = DRAW[trace["type"]](trace, x, y, self.data, self.layout)
        return tag("g", drawn, opacity=trace.get("opacity"))

    def _point(self, ref: str | None, value: Any, letter: str) -> float | None:
        """Where a shape's or annotation's coordinate lies: on an axis, on its domain, or on the paper."""
        ref = ref or letter
        if ref == "paper":
            if letter == "x":
                return self.left + float(value) * (self.width - self.left - self.right)
            return self.height - self.bottom - float(value) * (self.height - self.top - self.bottom)
        axis = self.axes.get(ref.split(" ")[0])
        if axis is None:
            return None
        if ref.endswith("domain"):
            return axis.start + float(value) * (axis.end - axis.start)
        return axis.at(value)

    def _shapes(self, layer: str) -> Iterator[str]:
        for shape in self.layout.get("shapes") or ():
            if (shape.get("layer") or "above") != layer:
                continue
            x0, x1 = (self._point(shape.get("xref"), shape.get(k), "x") for k in ("x0", "x1"))
            y0, y1 = (self._point(shape.get("yref"), shape.get(k), "y") for k in ("y0", "y1"))
            if None not in (x0, x1, y0, y1):
                yield frame.shape(shape, x0, x1, y0, y1)

    def _annotations(self) -> Iterator[str]:
        for note in self.layout.get("annotations") or ():
            x = self._point(note.get("xref"), note.get("x"), "x")
            y = self._point(note.get("yref"), note.get("y"), "y")
            if x is not None and y is not None and note.get("text"):
                yield frame.annotation({**note, "text": self._fitted(note)}, x, y, self.width)

    def _fitted(self, note: dict[str, Any]) -> str:
        """A panel's title, broken so that it does not run into its neighbours'."""
        if note.get("yref") != "paper" or note.get("xref") != "paper":
            return note["text"]
        beside = sum(n.get("y") == note.get("y") and n.get("yref") == "paper" for n in self.layout["annotations"])
        return wrapped(note["text"], (self.width - self.left - self.right) / beside - 6, 11)


def _widened(axis: axes.Axis, span: float) -> axes.Axis:
    """The axis with `span` units around the same middle, its direction kept."""
    middle, half = (axis.low + axis.high) / 2, span / 2
    low, high = (middle - half, middle + half) if axis.low <= axis.high else (middle + half, middle - half)
    return axes.Axis(axis.spec, low, high, axis.start, axis.end, axis.log, axis.categories)
