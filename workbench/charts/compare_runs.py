"""Curves of several runs over each other: loss, kNN on validation, effective rank. Pure: event bodies -> figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from backend.exports import title

from ..frame.safe import drawn
from .panels import Panel, grid
from .run import line, thin

Bodies = Mapping[str, list[dict[str, Any]]]  # how a run is called -> its events of one kind, of one pretraining


def curves(losses: Bodies, votes: Bodies, readings: Bodies, one_task: bool) -> go.Figure | None:
    """A panel for each kind of curve that two runs or more have; None where there is none.

    one_task: whether all runs learn by the same pretext task; losses of different tasks are no one scale.
    """
    panels = [
        _panel("Training loss", "loss (nats)", losses if one_task else {}, lambda body: body["loss"]),
        _panel("kNN vote on validation", "accuracy (%)", votes, lambda body: _percent(body.get("accuracy"))),
        _panel("kNN mean on validation", "R²", votes, lambda body: body.get("r2")),
        _panel(title("collapse", "effective_rank"), "share of all directions", readings, _rank),
    ]
    found = [panel for panel in panels if panel]
    return grid(found, "", ["top"] * len(found)) if found else None


def _panel(heading: str, unit: str, told: Bodies, value: Any) -> Panel | None:
    panel = Panel(heading, "step", unit)
    for number, (name, bodies) in enumerate(told.items()):
        points = [(body["step"], y) for body in thin(bodies) if (y := value(body)) is not None]
        if points:
            steps, values = zip(*points, strict=True)
            panel.traces.append(line(list(steps), list(values), drawn(name), number, markers=False))
    return panel if len(panel.traces) > 1 else None


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _rank(body: dict[str, Any]) -> float | None:
    """Of the encoder's own output, as a share of its width: networks of different widths compare."""
    place = body["places"].get("backbone") or next(iter(body["places"].values()))
    found = place.get("effective_rank")
    return None if found is None else found / place["dim"]
