"""Figures of the data page: classes by split, classes by group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from backend.statistics.proportions import wilson

from ..frame.safe import drawn
from ..verdicts.data import SPLIT
from .theme import INK, PALETTE, style

PATTERNS = ("", "/", ".", "x", "-", "|", "+", "\\")
ROW = 34  # height of a bar's row in px
OTHERS = "all others"
MOST = 30  # rows that a person still reads


def classes_by_split(sheet: dict[str, Any], classes: Sequence[str]) -> go.Figure:
    """One row a class, one bar a split: the share of the split's labelled images, with the count at its end."""
    shown, figure = list(classes[:MOST]), go.Figure()
    for i, split in enumerate(s for s in SPLIT if s in sheet["class_counts"]):
        found = sheet["class_counts"][split]
        total = max(1, sum(found.values()))
        figure.add_trace(
            go.Bar(
                y=[drawn(c) for c in shown],
                x=[100 * found[c] / total for c in shown],
                text=[f"{found[c]:,}" for c in shown],
                textposition="outside",
                cliponaxis=False,
                orientation="h",
                name=f"{SPLIT[split]} (n = {total:,})",
                marker={"color": PALETTE[i], "pattern": {"shape": PATTERNS[i]}},
                hovertemplate="%{y}: %{text} rows, %{x:.1f} %<extra></extra>",
            )
        )
    more = f", the first {MOST} of {len(classes)}" if len(classes) > MOST else ""
    style(figure, f"Share of each class in each split{more}", "share of the split (%)", "", 110 + 2 * ROW * len(shown))
    figure.update_layout(barmode="group")
    return rows(figure, {"l": 130, "r": 60})


def classes_by_group(sheet: dict[str, Any], attribute: str, classes: Sequence[str]) -> go.Figure:
    """Two classes: how common the second is in each group, with 95 % Wilson intervals. More: each group's mix."""
    found, classes = largest(sheet["crosses"][attribute], classes)
    order = [g for g in sheet.get("orders", {}).get(attribute, found) if g in found][:MOST]
    totals = {g: sum(found[g].values()) for g in order}
    names = [f"{drawn(g)} (n = {totals[g]:,})" for g in order]
    figure = _rate(found, order, names, classes[1]) if len(classes) == 2 else _mix(found, order, names, totals, classes)
    by = drawn(attribute)
    title, unit = f"Classes by {by}", "share of the group (%)"
    if len(classes) == 2:
        of = drawn(classes[1])
        title, unit = f"Share of {of} by {by}, 95 % intervals", f"share of {of} (%)"
    style(figure, title, unit, "", 110 + ROW * max(2, len(order)))
    return rows(figure, {"l": 170})


def largest(
    found: dict[str, dict[str, int]], classes: Sequence[str]
) -> tuple[dict[str, dict[str, int]], Sequence[str]]:
    """{group: {class: count}} and the classes, of more than the palette has colours the largest and all others."""
    if len(classes) <= len(PALETTE):
        return found, classes
    totals = {c: sum(of[c] for of in found.values()) for c in classes}
    kept = sorted(classes, key=lambda c: -totals[c])[: len(PALETTE) - 1]
    rest = [c for c in classes if c not in set(kept)]
    fewer = {g: {**{c: of[c] for c in kept}, OTHERS: sum(of[c] for c in rest)} for g, of in found.items()}
    return fewer, [*kept, OTHERS]


def rows(figure: go.Figure, margin: dict[str, int]) -> go.Figure:
    """First row on top; the legend below the axis title, one line an entry, however few rows there are."""
    lines = sum(trace.showlegend is not False for trace in figure.data)
    below, plot = 58 + 20 * lines, figure.layout.height - 52 - 52
    figure.update_layout(
        height=52 + plot + below,
        xaxis={"rangemode": "tozero"},
        margin={**margin, "b": below},
        legend={"orientation": "v", "x": 0, "y": -52 / plot, "yanchor": "top"},
    )
    return figure.update_yaxes(type="category", autorange="reversed")


def _rate(found: dict[str, Any], order: list[str], names: list[str], positive: str) -> go.Figure:
    hits = np.array([found[g][positive] for g in order])
    trials = np.array([sum(found[g].values()) for g in order])
    low, high = (100 * np.asarray(bound) for bound in (wilson(hits, trials).low, wilson(hits, trials).high))
    share = 100 * hits / np.maximum(trials, 1)
    return go.Figure(
        go.Scatter(
            x=share,
            y=names,
            mode="markers",
            marker={"size": 10, "color": PALETTE[0]},
            error_x={"type": "data", "array": high - share, "arrayminus": share - low, "color": INK, "thickness": 1.5},
            customdata=np.column_stack([hits, trials, low, high]),
            hovertemplate="%{customdata[0]:,} of %{customdata[1]:,}: %{x:.1f} % "
            "[%{customdata[2]:.1f}, %{customdata[3]:.1f}]<extra></extra>",
            showlegend=False,
        )
    )


def _mix(found: dict[str, Any], order: list[str], names: list[str], totals: dict[str, int], classes) -> go.Figure:
    figure = go.Figure()
    for i, c in enumerate(classes[:MOST]):
        figure.add_trace(
            go.Bar(
                x=[100 * found[g][c] / max(1, totals[g]) for g in order],
                y=names,
                text=[f"{found[g][c]:,}" for g in order],
                orientation="h",
                name=drawn(c),
                marker={"color": PALETTE[i % len(PALETTE)], "pattern": {"shape": PATTERNS[i % len(PATTERNS)]}},
                hovertemplate=f"{drawn(c)}: %{{text}} rows, %{{x:.1f}} %<extra></extra>",
            )
        )
    return figure.update_layout(barmode="stack")
