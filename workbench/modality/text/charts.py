"""Figures of texts: how long they are, and who is mentioned."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from ...charts.data import MOST, PATTERNS, classes_by_group, largest, rows
from ...charts.theme import PALETTE, style
from ...frame.safe import drawn


def lengths(sheet: dict[str, Any], unit: str) -> go.Figure:
    """How many texts there are of each length (unit: "words" or "characters"); the bins widen with the length."""
    found = sheet["lengths"][unit]
    edges, total = found["edges"], sum(found["counts"])
    names = [f"{low:,}" if high - low <= 1 else f"{low:,}–{high - 1:,}" for low, high in pairwise(edges)]
    figure = go.Figure(
        go.Bar(
            x=names,
            y=found["counts"],
            customdata=[100 * n / total for n in found["counts"]],
            marker={"color": PALETTE[0]},
            hovertemplate=f"%{{x}} {unit}: %{{y:,}} texts, %{{customdata:.1f}} %<extra></extra>",
            showlegend=False,
        )
    )
    style(figure, f"Length of the texts in {unit}", f"{unit} in a text (wider bins for longer texts)", "texts", 340)
    return figure.update_xaxes(type="category", tickvals=names[::2])


def mentions(sheet: dict[str, Any], classes: Sequence[str]) -> go.Figure:
    """One row a group that texts name: how many, by class where there are classes."""
    found = {
        f"{attribute}: {group}": of
        for attribute, groups in sheet["mentions"].items()
        for group, of in groups.items()
        if of["texts"]
    }
    shown, figure = list(found)[:MOST], go.Figure()
    by_class, classes = largest({g: found[g]["classes"] for g in shown}, classes)
    for i, c in enumerate(classes or [None]):
        last = i == len(classes) - 1 or c is None
        figure.add_trace(
            go.Bar(
                y=[drawn(g) for g in shown],
                x=[found[g]["texts"] if c is None else by_class[g][c] for g in shown],
                text=[f"{found[g]['texts']:,}" for g in shown] if last else None,
                textposition="outside" if last else "none",
                cliponaxis=False,
                orientation="h",
                name="texts" if c is None else drawn(c),
                showlegend=c is not None,
                marker={"color": PALETTE[i], "pattern": {"shape": PATTERNS[i]}},
                hovertemplate=f"%{{y}}{'' if c is None else f', {drawn(c)}'}: %{{x:,}} texts<extra></extra>",
            )
        )
    style(figure, "Texts that name a group, in all at the end of a bar", "texts", "", 110 + 26 * max(2, len(shown)))
    figure.update_layout(barmode="stack")
    return rows(figure, {"l": 190, "r": 60})


def mentioned_classes(sheet: dict[str, Any], attribute: str, classes: Sequence[str]) -> go.Figure:
    """As `classes_by_group`, of the texts that name each group of an attribute and of all texts beside them."""
    groups = {g: of["classes"] for g, of in sheet["mentions"][attribute].items() if sum(of["classes"].values())}
    everyone = {c: sum(split[c] for split in sheet["class_counts"].values()) for c in classes}
    name = f"the {attribute} that is named"
    return classes_by_group({"crosses": {name: {**groups, "all texts": everyone}}}, name, classes)
