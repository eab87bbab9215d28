"""Figures of a selection of rows: how the columns that differ most are distributed in it and in the rest of the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from backend.modality.table.features import FIRST_DAY, MISSING, OTHER, raw
from backend.statistics.contrasts import Contrast

from ...charts.theme import GREY, PALETTE, style
from ...frame.safe import drawn
from .explain_words import cut
from .items_words import size, value_of

PANELS, ACROSS = 6, 2
PANEL, BETWEEN, AROUND = 120, 96, 170  # pixels of a panel, between two rows of them, above and below all
BINS, NAMES = 12, 6
SIDES = (("selected", PALETTE[1], "/"), ("rest of the map", GREY, ""))


def distributions(
    values: np.ndarray, described: Sequence[dict[str, Any]], inside: np.ndarray, found: Sequence[Contrast]
) -> go.Figure:
    """A panel a column, those that differ most first; values: float N x F of the map's points; inside: bool N."""
    chosen = list({one.place: one for one in reversed(found)}.items())[::-1]
    chosen = sorted(chosen, key=lambda pair: -abs(pair[1].effect[0]))[:PANELS]
    across = min(ACROSS, len(chosen))
    titles = [drawn(_title(one, described[place])) for place, one in chosen]
    down = -(-len(chosen) // across)
    height = PANEL * down + BETWEEN * (down - 1)
    figure = make_subplots(
        down, across, subplot_titles=titles, vertical_spacing=BETWEEN / height, horizontal_spacing=0.09
    )
    for at, (place, _) in enumerate(chosen):
        names, shares = _binned(values[:, place], described[place], inside)
        for (name, colour, pattern), share in zip(SIDES, shares, strict=True):
            figure.add_trace(
                go.Bar(
                    x=names,
                    y=100 * share,
                    name=name,
                    legendgroup=name,
                    showlegend=at == 0,
                    marker={"color": colour, "pattern": {"shape": pattern}},
                    hovertemplate="%{x}: %{y:.1f} %<extra>" + name + "</extra>",
                ),
                at // across + 1,
                at % across + 1,
            )
    style(figure, "The columns that differ most: share of the rows (%)", height=height + AROUND)
    figure.update_xaxes(type="category", tickfont={"size": 10}, nticks=7, tickangle=-30)
    figure.update_annotations(font={"size": 12})
    figure.update_layout(barmode="group", bargap=0.15, margin={"t": 70, "b": 100, "l": 40})
    return figure.update_layout(legend={"y": 0, "yref": "container", "yanchor": "bottom"})


def _title(one: Contrast, feature: dict[str, Any]) -> str:
    """ "age: +0.83 SD", of a category with the value that is spoken of: "job (clerk): −0.40 SD"."""
    value = value_of(one, feature)
    return f"{cut(feature['name'], 22)}{f' ({cut(value, 16)})' if value else ''}: {size(one)}"


def _binned(column: np.ndarray, feature: dict[str, Any], inside: np.ndarray) -> tuple[list[str], list[np.ndarray]]:
    """(names, shares inside and outside): of bins of about equal width between the 1st and 99th percentile, or of the
    most frequent values; missing ones last."""
    gone = np.isnan(column)
    if feature["kind"] == "category":
        codes, names = _values(column, gone, feature)
    else:
        codes, names = _bins(column, gone, feature)
    if gone.any():
        codes, names = np.where(gone, len(names), codes), [*names, MISSING]
    counts = [np.bincount(codes[which], minlength=len(names)) for which in (inside, ~inside)]
    return [drawn(name) for name in names], [one / max(1, one.sum()) for one in counts]


def _values(column: np.ndarray, gone: np.ndarray, feature: dict[str, Any]) -> tuple[np.ndarray, list[str]]:
    code = np.where(gone, 0, column).astype(np.int64)
    counts = np.bincount(code[~gone], minlength=len(feature["values"]) + 1)
    kept = [i for i in np.argsort(-counts, kind="stable")[:NAMES] if counts[i] and i]
    place = {int(one): i for i, one in enumerate(kept)}
    codes = np.array([place.get(i, len(kept)) for i in range(len(counts))])[code]
    names = [cut(str(feature["values"][i - 1]), 14) for i in kept]
    return codes, [*names, OTHER] if (codes[~gone] == len(kept)).any() else names


def _bins(column: np.ndarray, gone: np.ndarray, feature: dict[str, Any]) -> tuple[np.ndarray, list[str]]:
    told = raw(column, feature)
    low, high = np.quantile(told[~gone], (0.01, 0.99))
    distinct = np.unique(told[~gone])
    if len(distinct) <= BINS:
        edges = distinct
        codes = np.searchsorted(distinct, np.where(gone, distinct[0], told))
    else:
        edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
        codes = np.clip(np.searchsorted(edges, np.where(gone, low, told), side="right") - 1, 0, BINS - 1)
        edges = edges[:-1]
    if feature.get("date"):
        return codes, [str(np.datetime64(FIRST_DAY) + int(edge)) for edge in edges]
    digits = max(0, 2 - int(np.floor(np.log10(max(abs(high), abs(low), 1e-9)))) - 1) if not feature.get("whole") else 0
    return codes, [f"{edge:,.{min(digits, 4)}f}".replace("-", "−") for edge in edges]
