"""Figures of the run page: loss against its bound, online kNN, the collapse strip, the spectrum.

All take event bodies (docs/events.md) in the order of steps; long series are thinned before they travel.
"""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from .theme import DASHES, GREY, INK, MARKERS, PALETTE, STATE, style

POINTS = 300  # a curve wider than the screen's pixels carries no more than this
FLOOR = 1e-8  # shares below it are rounding
PLACE = {"backbone": 0, "projector": 1, "predictor": 2}  # one place, one colour, dash and marker
STRIP = {
    "effective_rank": ("Effective rank", "dimensions"),
    "participation_ratio": ("Participation ratio", "dimensions"),
    "rankme": ("RankMe", "dimensions"),
    "feature_std": ("Feature spread", "std of unit-length features"),
}


def thin(values: list, points: int = POINTS) -> list:
    """At most `points` + 1 of `values`, evenly spaced, the first and the last always kept."""
    if len(values) <= points:
        return values
    stride = math.ceil(len(values) / points)
    return [*values[:-1:stride], values[-1]]


def loss(metrics: list[dict[str, Any]], bound: float | None, since: int | None = None) -> go.Figure:
    """Training loss over steps, with the value it has when no view tells the others apart."""
    kept = thin(metrics)
    figure = go.Figure(_line([m["step"] for m in kept], [m["loss"] for m in kept], "Loss", 0, markers=False))
    for i, part in enumerate(sorted(kept[-1].get("parts", {})) if kept else []):
        y = [m.get("parts", {}).get(part) for m in kept]
        figure.add_trace(_line([m["step"] for m in kept], y, part.replace("_", " "), i + 1, markers=False))
    if bound is not None:
        _level(figure, bound, f"knows nothing: ln(2B−1) = {bound:.2f}")
    _onset(figure, since)
    title = "Training loss and its know-nothing bound" if bound is not None else "Training loss"
    return style(figure, title, "step", "loss (nats)", 320)


def knn(readings: list[dict[str, Any]]) -> go.Figure:
    """Accuracy of a kNN vote on the validation split, with chance."""
    kept = thin(readings)
    y = [100 * r["accuracy"] for r in kept]
    figure = go.Figure(_line([r["step"] for r in kept], y, "kNN on validation", 0))
    if kept:
        _level(figure, 100 * kept[-1]["chance"], f"chance {100 * kept[-1]['chance']:.0f} %")
    k = kept[-1]["k"] if kept else 0
    return style(figure, f"kNN vote on validation (k = {k})", "step", "accuracy (%)", 320)


def strip(readings: list[dict[str, Any]], metric: str, since: int | None = None) -> go.Figure:
    """One number of the collapse strip over steps, for every place that was watched."""
    title, unit = STRIP[metric]
    kept, figure = thin(readings), go.Figure()
    for place in _places(kept):
        found = [(r["step"], r["places"][place].get(metric)) for r in kept if place in r["places"]]
        dim = kept[-1]["places"][place]["dim"]
        name = f"{place} (of {dim})"
        figure.add_trace(_line([s for s, _ in found], [v for _, v in found], name, PLACE.get(place, 3)))
        if metric == "feature_std":
            healthy = 1 / math.sqrt(dim)
            _level(figure, healthy, f"{place}: 1/√{dim} = {healthy:.3f}", PALETTE[PLACE.get(place, 3)])
    _onset(figure, since)
    return _small(style(figure, title, "step", unit, 300)).update_yaxes(rangemode="tozero")


def alignment(readings: list[dict[str, Any]], since: int | None = None) -> go.Figure:
    """Alignment and uniformity (Wang & Isola 2020) over steps; both low is good."""
    kept, figure = thin(readings), go.Figure()
    for i, metric in enumerate(("alignment", "uniformity")):
        figure.add_trace(_line([r["step"] for r in kept], [r[metric] for r in kept], metric, i))
    _onset(figure, since)
    return _small(style(figure, "Alignment and uniformity (both low is good)", "step", "squared distance; log", 300))


def spectrum(readings: list[dict[str, Any]]) -> go.Figure:
    """Share of the variance on each principal direction, first reading against last, logarithmic."""
    figure = go.Figure()
    for place in _places(readings):
        number = PLACE.get(place, 3)
        first, last = readings[0], readings[-1]
        figure.add_trace(_shares(last, place, f"{place}, step {last['step']:,}", number, 1.0))
        if first is not last:
            figure.add_trace(_shares(first, place, f"{place}, step {first['step']:,}", number, 0.45))
    title = "Spectrum (steep: few directions in use)"
    figure = _small(style(figure, title, "principal direction", "share of variance", 300))
    return figure.update_yaxes(type="log", exponentformat="power", dtick=2)


def _places(readings: list[dict[str, Any]]) -> list[str]:
    return sorted(readings[-1]["places"], key=lambda p: PLACE.get(p, 3)) if readings else []


def _shares(reading: dict[str, Any], place: str, name: str, number: int, opacity: float) -> go.Scatter:
    shares = [s if s and s > FLOOR else None for s in reading["places"].get(place, {}).get("spectrum", [])]
    trace = _line(list(range(1, len(shares) + 1)), shares, name, number, markers=opacity == 1.0)
    return trace.update(opacity=opacity)


def _line(x: list, y: list, name: str, number: int, markers: bool = True) -> go.Scatter:
    few = markers and len(x) <= 60
    return go.Scatter(
        x=x,
        y=y,
        name=name,
        mode="lines+markers" if few else "lines",
        line={"color": PALETTE[number % len(PALETTE)], "dash": DASHES[number % len(DASHES)], "width": 2},
        marker={"symbol": MARKERS[number % len(MARKERS)], "size": 6},
    )


def _small(figure: go.Figure) -> go.Figure:
    """Room for the legend under the axis title of a low figure."""
    return figure.update_layout(legend={"y": -0.36}, margin={"b": 88})


def _level(figure: go.Figure, y: float, text: str, color: str = GREY) -> None:
    figure.add_hline(
        y=y,
        line={"color": color, "dash": "dot", "width": 1.5},
        annotation_text=text,
        annotation_position="top right",
        annotation_font={"size": 11, "color": INK},
    )


def _onset(figure: go.Figure, since: int | None) -> None:
    if since is not None:
        figure.add_vline(
            x=since,
            line={"color": STATE["collapsed"], "width": 2},
            annotation_text=f"collapsed since {since:,}",
            annotation_position="top left",
            annotation_font={"size": 11, "color": INK},
        )
