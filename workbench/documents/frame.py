"""Around the marks of a printed figure: axes, shapes, annotations, the legend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..charts.theme import GREY, GRID, INK
from .axes import Axis
from .ink import DASH, number, strip, tag, words, wrapped
from .series import each
from .traces import markers, polyline


def shape(spec: dict[str, Any], x0: float, x1: float, y0: float, y1: float) -> str:
    line = spec.get("line") or {}
    style = {
        "stroke": line.get("color") or INK,
        "stroke_width": line.get("width", 1),
        "stroke_dasharray": DASH.get(line.get("dash")),
        "opacity": spec.get("opacity"),
    }
    if spec.get("type") == "rect":
        style["stroke"] = style["stroke"] if line.get("width", 1) else "none"
        return tag("rect", x=min(x0, x1), y=min(y0, y1), width=abs(x1 - x0), height=abs(y1 - y0),
                   fill=spec.get("fillcolor") or "none", **style)  # fmt: skip
    return tag("line", x1=x0, y1=y0, x2=x1, y2=y1, **style)


def annotation(note: dict[str, Any], x: float, y: float, width: float) -> str:
    """A text at a point, with its arrow; kept on the sheet."""
    font, arrow = note.get("font") or {}, ""
    size = min(float(font.get("size") or 12), 12.0)
    if note.get("showarrow", True) and note.get("ax") is not None and note.get("ay") is not None:
        tip_x, tip_y = x, y
        x, y = x + float(note["ax"]), y + float(note["ay"])
        arrow = tag("line", x1=tip_x, y1=tip_y, x2=x, y2=y, stroke=GREY)
    x, y = x + float(note.get("xshift") or 0), y - float(note.get("yshift") or 0)
    anchor = {"left": "start", "right": "end"}.get(note.get("xanchor"), "middle")
    lines = strip(note["text"]).split("\n")
    rise = (len(lines) - 1) * size * 1.2
    y += {"top": size, "bottom": -4.0 - rise}.get(note.get("yanchor"), size / 3 - rise / 2)
    half = 3.2 * max(map(len, lines))
    reach = {"start": (0, 2 * half), "end": (2 * half, 0), "middle": (half, half)}[anchor]
    x = min(max(x, reach[0] + 2), width - reach[1] - 2)
    # a background is drawn as a rim around the letters: the width of a word on paper is not known here
    rim = {"paint_order": "stroke", "stroke": "#FFFFFF", "stroke_width": 3} if note.get("bgcolor") else {}
    return arrow + words(note["text"], x, y, size, anchor, fill=font.get("color") or INK, **rim)


def below(x: Axis) -> float:
    """Height in px of what stands under an x axis: tick labels and title, with the lines that they take."""
    if x.spec.get("visible") is False:
        return 12.0
    labels = [strip(t) for _, t in x.ticks()] if x.spec.get("showticklabels") is not False else []
    title = ((x.spec.get("title") or {}).get("text")) or ""
    lines = max((label.count("\n") for label in labels), default=0)
    more = wrapped(title, abs(x.end - x.start)).count("<br>")
    return 46.0 + 13 * lines + 15 * more


def x_axis(x: Axis, y: Axis) -> Iterator[str]:
    lower, upper = max(y.start, y.end), min(y.start, y.end)
    ticks = [(at, strip(t)) for at, t in x.ticks()] if x.spec.get("showticklabels") is not False else []
    crowded = sum(6.2 * max(map(len, t.split("\n"))) + 8 for _, t in ticks) > abs(x.end - x.start)
    for at, label in ticks:
        if x.spec.get("showgrid") is not False and not x.categories:
            yield tag("line", x1=at, y1=upper, x2=at, y2=lower, stroke=GRID)
        yield tag("line", x1=at, y1=lower, x2=at, y2=lower + 4, stroke=GREY)
        turn = f"rotate(-25 {number(at)} {number(lower + 16)})" if crowded else None
        yield words(label, at, lower + 16, 11, "end" if crowded else "middle", transform=turn)
    yield tag("line", x1=x.start, y1=lower, x2=x.end, y2=lower, stroke=GREY)
    title = ((x.spec.get("title") or {}).get("text")) or ""
    if title:
        lines = max((label.count("\n") for _, label in ticks), default=0)
        room = wrapped(title, abs(x.end - x.start))
        yield words(room, (x.start + x.end) / 2, lower + 34 + 13 * lines, 12, "middle")


def y_axis(y: Axis, x: Axis) -> Iterator[str]:
    left, right = min(x.start, x.end), max(x.start, x.end)
    for at, label in y.ticks() if y.spec.get("showticklabels") is not False else []:
        if y.spec.get("showgrid") is not False and not y.categories:
            yield tag("line", x1=left, y1=at, x2=right, y2=at, stroke=GRID)
        yield tag("line", x1=left - 4, y1=at, x2=left, y2=at, stroke=GREY)
        yield words(label, left - 7, at + 4, 11, "end")
    yield tag("line", x1=left, y1=y.start, x2=left, y2=y.end, stroke=GREY)
    title = ((y.spec.get("title") or {}).get("text")) or ""
    if title:
        at = (left - 50 if not y.categories else 12.0, (y.start + y.end) / 2)
        yield words(title, *at, 12, "middle", transform=f"rotate(-90 {number(at[0])} {number(at[1])})")


def _sample(shape: dict[str, Any]) -> dict[str, Any]:
    """How the legend shows a shape: a line as a line, a band as a patch."""
    if "fillcolor" in shape:
        return {**shape, "type": "bar", "_color": shape["fillcolor"]}
    return {**shape, "type": "scatter", "mode": "lines", "_color": shape["line"]["color"]}


def legend(data: list[dict[str, Any]], layout: dict[str, Any], left: float, right: float) -> tuple[str, float]:
    """The legend's rows and their height in px; none for a single unnamed trace."""
    shown, seen = [], set()
    for trace in data:
        name = strip(trace.get("name") or "")
        if not name or name in seen or trace.get("showlegend") is False or trace["type"] in ("heatmap", "image"):
            continue
        seen.add(name)
        shown.append((name, trace))
    shown += [(strip(s["name"]), _sample(s)) for s in layout.get("shapes") or () if s.get("showlegend")]
    if layout.get("showlegend") is False or (len(shown) < 2 and not any(t.get("showlegend") for _, t in shown)):
        return "", 0.0
    parts, x, y = [], left, 10.0
    for name, trace in shown:
        wide = 36 + 6.4 * len(name) + 14
        if x + wide > right and x > left:
            x, y = left, y + 18
        sample = {**trace, "type": "scatter", "text": None, "fill": None, "error_x": None, "error_y": None}
        if trace["type"] == "bar":
            parts.append(tag("rect", x=x + 6, y=y - 5, width=16, height=10, fill=trace["_color"],
                             opacity=trace.get("opacity")))  # fmt: skip
        else:
            if "lines" in (trace.get("mode") or "lines"):
                parts.append(tag("g", polyline(sample, [(x, y), (x + 28, y)]), opacity=trace.get("opacity")))
            if "markers" in (trace.get("mode") or ""):
                one = {**(trace.get("marker") or {}), "color": trace["_color"], "size": 8, "opacity": None}
                one["symbol"] = each(one.get("symbol", "circle"), 1)[0]
                parts.append(markers({**sample, "marker": one}, [(x + 14, y)]))
        parts.append(words(name, x + 34, y + 4, 11.5))
        x += wide
    return "".join(parts), y + 14
