"""Figures of a language model on the run page: loss against what counting reaches, token frequency, layers, samples.

All take event bodies (docs/events.md). A sample becomes HTML: text is escaped, probability is told by tint and, for
unlikely tokens, by an underline.
"""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from backend.workspace.formats import chosen, decimal, percent

from ..frame.safe import as_html, drawn
from .panels import Panel, alone, grid
from .run import thin
from .theme import DASHES, GREY, MARKERS, PALETTE

UNLIKELY = 0.1  # probability below which a token is underlined
TINT = "0, 114, 178"  # PALETTE[0]


def loss(metrics: list[dict[str, Any]], readings: list[dict[str, Any]], baselines: dict[str, Any] | None) -> go.Figure:
    """Training and validation loss over steps, with the baselines as named levels; perplexity on hover."""
    panel = Panel("Loss in training and on held-out texts, against counting", "step", "loss (nats a token)")
    kept = thin(metrics)
    panel.traces.append(_curve([m["step"] for m in kept], [m["loss"] for m in kept], "Training", 5, markers=False))
    read = [r for r in readings if r["loss"] is not None]
    panel.traces.append(_curve([r["step"] for r in read], [r["loss"] for r in read], "Validation", 0))
    for model in (baselines or {}).get("models", []):
        if model["loss"] is not None:
            panel.level(model["loss"], f"{drawn(model['name'])} {decimal(model['loss'])}")
    return alone(panel, 360)


def knowledge(readings: list[dict[str, Any]], layers: list[dict[str, Any]]) -> go.Figure:
    """Loss and accuracy by token frequency, anisotropy and rank by layer."""
    panels = []
    if readings and readings[-1]["by_frequency"]:
        panels += [_bands(readings[-1], "loss", "Loss", "nats a token"), _bands(readings[-1], "accuracy", "Right", "%")]
    if layers:
        panels.append(_layers(layers, "anisotropy", "Anisotropy by layer", "mean cosine of two tokens"))
        panels.append(_layers(layers, "effective_rank", "Effective rank by layer", "dimensions"))
    return grid(panels, "Rare and common tokens, and the layers", ["below" if p.x == "layer" else None for p in panels])


def _bands(reading: dict[str, Any], what: str, title: str, unit: str) -> Panel:
    rows, scale = reading["by_frequency"], 100 if what == "accuracy" else 1
    panel = Panel(
        f"{title} by frequency (validation, step {reading['step']:,})",
        "times a token occurs in training",
        unit,
        yaxis={"rangemode": "tozero"},
    )
    bars = {
        "type": "bar",
        "x": [_from(row["band"]) for row in rows],
        "y": [scale * row[what] for row in rows],
        "customdata": [[row["band"], row["tokens"]] for row in rows],
        "hovertemplate": "%{customdata[0]}: %{y:.3g} " + unit + "<br>%{customdata[1]:,} tokens guessed<extra></extra>",
        "name": title,
        "marker": {"color": PALETTE[0 if what == "loss" else 2]},
    }
    panel.traces.append(bars)
    return panel


def _from(band: str) -> str:
    """A band by its lower edge, short enough to stand under a bar: "1,000 to 9,999" -> "≥ 1k"."""
    edge = band.split()[0].replace(",000", "k")
    return f"≥ {edge}" if edge[0].isdigit() else edge


def _layers(readings: list[dict[str, Any]], what: str, title: str, unit: str) -> Panel:
    """The first reading against the last; layer 0 is the embedding layer."""
    panel = Panel(f"{title} (0: the embeddings)", "layer", unit, yaxis={"rangemode": "tozero"})
    shown = readings[-1:] if len(readings) == 1 else [readings[-1], readings[0]]
    for number, reading in enumerate(shown):
        found = [(str(one["layer"]), one[what]) for one in reading["layers"]]
        name = f"step {reading['step']:,}"
        panel.traces.append(_line([i for i, _ in found], [v for _, v in found], name, number))
    return panel


def _curve(x: list, y: list, name: str, number: int, markers: bool = True) -> dict[str, Any]:
    line = _line(x, y, name, number, markers)
    line["customdata"] = [math.exp(min(value, 700.0)) for value in y]
    line["hovertemplate"] = "step %{x:,}: %{y:.3f} nats, perplexity %{customdata:,.1f}<extra>" + name + "</extra>"
    return line


def _line(x: list, y: list, name: str, number: int, markers: bool = True) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines+markers" if markers else "lines",
        "line": {"color": PALETTE[number], "dash": DASHES[number] if markers else "solid", "width": 2},
        "marker": {"symbol": MARKERS[number], "size": 6},
    }


def written(sample: dict[str, Any]) -> str:
    """A sample as HTML: the prompt plain, the model's tokens tinted by probability, the likeliest others on hover."""
    own = [one for one in sample["tokens"] if one["probability"] is None]
    start = "" if own else f"<span>{as_html(sample['prompt'])}</span>"
    return f'<p style="line-height:1.9">{start}{"".join(map(_token, sample["tokens"]))}</p>'


def legend() -> str:
    """How the tints and the underline read."""
    steps = "".join(
        _token({"text": f" {chosen(p)} ", "probability": p, "alternatives": []}) for p in (0.05, 0.25, 0.5, 1.0)
    )
    return (
        f'<p style="color:{GREY};font-size:0.85rem">Probability the model gave each token: {steps} '
        f"(underlined: below {chosen(UNLIKELY)}). Point at a token for the five likeliest.</p>"
    )


def _token(one: dict[str, Any]) -> str:
    text = as_html(one["text"])
    if one["probability"] is None:
        return f"<span>{text}</span>"
    others = ", ".join(f"{other['text']} {percent(other['probability'])}" for other in one["alternatives"])
    hover = as_html(f"{percent(one['probability'])}" + (f" · likeliest: {others}" if others else ""))
    line = ";text-decoration:underline dotted;text-underline-offset:3px" if one["probability"] < UNLIKELY else ""
    tint = f"background:rgba({TINT},{0.06 + 0.34 * one['probability']:.2f});border-radius:3px{line}"
    return f'<span title="{hover}" style="{tint}">{text}</span>'
