"""Figures of the run page: loss against its bound, online kNN, the collapse strip, the spectrum.

All take event bodies (docs/events.md) in the order of steps; long series are thinned before they travel.
"""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from backend.exports import says, title
from backend.workspace.formats import decimal, percent

from ..frame.safe import drawn
from .panels import Panel, alone, grid
from .theme import DASHES, MARKERS, PALETTE, STATE

POINTS = 300  # a curve wider than the screen's pixels carries no more than this
FLOOR = 1e-8  # shares below it are rounding
PLACE = {
    "backbone": 0,
    "projector": 1,
    "predictor": 2,
    "tokens": 0,
    "sentences": 2,
}  # one place, one colour, dash and marker
FIRST = ("effective_rank", "participation_ratio", "rankme", "feature_std")  # of the strip; others by their names
OWN = ("spectrum", "dim")  # of a place, and of a reading below: what no metric measured
OF_READING = ("seed", "step", "places", "loss", "loss_bound", "verdict")


def thin(values: list, points: int = POINTS) -> list:
    """At most `points` + 1 of `values`, evenly spaced, the first and the last always kept."""
    if len(values) <= points:
        return values
    stride = math.ceil(len(values) / points)
    return [*values[:-1:stride], values[-1]]


def loss(metrics: list[dict[str, Any]], bound: float | None, since: int | None = None, task: str = "") -> go.Figure:
    """Training loss over steps, with its value at chance level, which the pretext task names."""
    return alone(_loss(metrics, bound, since, task), 320)


def knn(readings: list[dict[str, Any]]) -> go.Figure:
    """Accuracy of a kNN vote on the validation split, with chance; of a number R² of the neighbours' mean."""
    return alone(_knn(readings), 320)


def strip(readings: list[dict[str, Any]], metric: str, since: int | None = None) -> go.Figure:
    """One number of the collapse strip over steps, for every place that was watched."""
    return _small(alone(_watched(readings, metric, since), 300))


def spectrum(readings: list[dict[str, Any]]) -> go.Figure:
    """Share of the variance on each principal direction, first reading against last, logarithmic."""
    return _small(alone(_spectrum(readings), 300))


def curves(
    metrics: list[dict[str, Any]],
    votes: list[dict[str, Any]],
    bound: float | None,
    since: int | None = None,
    task: str = "",
) -> go.Figure:
    """Loss beside the online kNN."""
    left = _loss(metrics, bound, since, task)
    return grid([left, _knn(votes)], "", ["below" if len(left.traces) > 1 else None, None])


def watched(readings: list[dict[str, Any]], folded: bool = False) -> list[str]:
    """The metrics of every place in the strip, in its order, or those that stand folded beside it: what the readings
    hold, whether or not their files still exist."""
    found = {name for place in readings[-1]["places"].values() for name in place} - {*OWN} if readings else set()
    rank = {name: i for i, name in enumerate(FIRST)}
    kept = [name for name in found if bool(says("collapse", name).get("folded")) == folded]
    return sorted(kept, key=lambda name: (rank.get(name, len(FIRST)), name))


def of_views(readings: list[dict[str, Any]], folded: bool = False) -> list[str]:
    """The metrics that compare views, where some reading has a value: one view has nothing to compare."""
    found = {name for r in readings for name, value in r.items() if name not in OF_READING and value is not None}
    return sorted(name for name in found if bool(says("collapse", name).get("folded")) == folded)


def health(readings: list[dict[str, Any]], since: int | None = None) -> go.Figure:
    """The whole collapse strip: its numbers over steps, those that compare views, the spectrum."""
    strips, views = [_watched(readings, metric, since) for metric in watched(readings)], _views(readings, since)
    panels = [*strips, *views, _spectrum(readings)]
    first, last = readings[0]["step"], readings[-1]["step"]
    faint = f"; faint: step {first:,}" if first != last else ""
    panels[-1].title = f"Spectrum at step {last:,} (steep: few directions in use{faint})"
    legends = [*["top"] * len(strips), *["below"] * len(views), None]
    return grid(panels, "Does the representation keep its directions?", legends)


def folded(readings: list[dict[str, Any]]) -> go.Figure | None:
    """The further numbers of the readings, None where there are none."""
    strips, views = [_watched(readings, m, None) for m in watched(readings, True)], _views(readings, None, True)
    legends = [*["top"] * len(strips), *["below"] * len(views)]
    return grid([*strips, *views], "Further diagnostics", legends) if legends else None


def reading_notes(readings: list[dict[str, Any]], folded: bool = False) -> list[str]:
    """How to read the numbers, for those whose files say so."""
    names = [*watched(readings, folded), *of_views(readings, folded)]
    told = {title("collapse", name): says("collapse", name).get("reading") for name in names}
    return [f"{name[0].upper()}{name[1:]}: {note}" for name, note in told.items() if note]


def _loss(metrics: list[dict[str, Any]], bound: float | None, since: int | None, task: str) -> Panel:
    kept = thin(metrics)
    steps = [m["step"] for m in kept]
    panel = Panel("Training loss" + (" and chance level" if bound is not None else ""), "step", "loss (nats)")
    panel.traces.append(line(steps, [m["loss"] for m in kept], "Loss", 0, markers=False))
    for i, part in enumerate(sorted(kept[-1].get("parts", {})) if kept else []):
        y = [m.get("parts", {}).get(part) for m in kept]
        panel.traces.append(line(steps, y, drawn(part.replace("_", " ")), i + 1, markers=False))
    if bound is not None:
        name = says("pretext", task).get("bound")
        panel.level(bound, f"chance level: {f'{drawn(name)} = ' if name else ''}{decimal(bound)}")
    _onset(panel, since)
    return panel


def _knn(readings: list[dict[str, Any]]) -> Panel:
    kept = thin(readings)
    k = kept[-1]["k"] if kept else 0
    if kept and "r2" in kept[-1]:
        panel = Panel(f"kNN mean on validation (k = {k})", "step", "R²")
        panel.traces.append(line([r["step"] for r in kept], [r["r2"] for r in kept], "kNN on validation", 0))
        panel.level(0, "always the mean")
        return panel
    panel = Panel(f"kNN vote on validation (k = {k})", "step", "accuracy (%)")
    y = [100 * r["accuracy"] for r in kept]
    panel.traces.append(line([r["step"] for r in kept], y, "kNN on validation", 0))
    if kept:
        panel.level(100 * kept[-1]["chance"], f"chance {percent(kept[-1]['chance'])}")
    return panel


def _watched(readings: list[dict[str, Any]], metric: str, since: int | None) -> Panel:
    heading, unit = drawn(title("collapse", metric)), drawn(says("collapse", metric).get("unit", ""))
    kept, panel = thin(readings), Panel(heading, "step", unit, yaxis={"rangemode": "tozero"})
    levels: set[int] = set()  # places of one width share their level
    for place in _places(kept):
        found = [(r["step"], r["places"][place].get(metric)) for r in kept if place in r["places"]]
        dim, number = kept[-1]["places"][place]["dim"], PLACE.get(place, 3)
        panel.traces.append(line([s for s, _ in found], [v for _, v in found], f"{drawn(place)} (of {dim})", number))
        if metric == "feature_std" and dim not in levels:
            levels.add(dim)
            healthy = 1 / math.sqrt(dim)
            panel.level(healthy, f"{drawn(place)}: 1/√{dim} = {decimal(healthy, 3)}", PALETTE[number])
    _onset(panel, since)
    return panel


def _views(readings: list[dict[str, Any]], since: int | None, folded: bool = False) -> list[Panel]:
    """The metrics that compare views, a panel each but for those that name a common one."""
    kept, panels = thin(readings), {}
    for metric in of_views(readings, folded):
        own = says("collapse", metric)
        heading = drawn(own.get("panel") or title("collapse", metric))
        panel = panels.setdefault(heading, Panel(heading, "step", drawn(own.get("unit", ""))))
        name, y = drawn(title("collapse", metric)), [r.get(metric) for r in kept]
        panel.traces.append(line([r["step"] for r in kept], y, name, len(panel.traces)))
    for panel in panels.values():
        _onset(panel, since)
    return list(panels.values())


def _spectrum(readings: list[dict[str, Any]]) -> Panel:
    log = {"type": "log", "exponentformat": "power", "dtick": 2}
    panel = Panel("Spectrum (steep: few directions in use)", "principal direction", "share of variance", yaxis=log)
    for place in _places(readings):
        number = PLACE.get(place, 3)
        first, last = readings[0], readings[-1]
        panel.traces.append(_shares(last, place, f"{drawn(place)}, step {last['step']:,}", number, 1.0))
        if first is not last:
            panel.traces.append(_shares(first, place, f"{drawn(place)}, step {first['step']:,}", number, 0.45))
    return panel


def _places(readings: list[dict[str, Any]]) -> list[str]:
    return sorted(readings[-1]["places"], key=lambda p: PLACE.get(p, 3)) if readings else []


def _shares(reading: dict[str, Any], place: str, name: str, number: int, opacity: float) -> dict[str, Any]:
    shares = [s if s and s > FLOOR else None for s in reading["places"].get(place, {}).get("spectrum", [])]
    trace = line(list(range(1, len(shares) + 1)), shares, name, number, markers=opacity == 1.0)
    return trace | {"opacity": opacity}


def line(x: list, y: list, name: str, number: int, markers: bool = True) -> dict[str, Any]:
    """One curve of a panel; `number` gives its colour, dash and marker."""
    few = markers and len(x) <= 60
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines+markers" if few else "lines",
        "line": {"color": PALETTE[number % len(PALETTE)], "dash": DASHES[number % len(DASHES)], "width": 2},
        "marker": {"symbol": MARKERS[number % len(MARKERS)], "size": 6},
    }


def _small(figure: go.Figure) -> go.Figure:
    """Room for the legend under the axis title of a low figure."""
    return figure.update_layout(legend={"y": -0.36}, margin={"b": 88})


def _onset(panel: Panel, since: int | None) -> None:
    if since is not None:
        panel.moment(since, f"collapsed since {since:,}", STATE["collapsed"])
