"""Figures of explained tables: one row's columns, all explained rows, what the models rest on, one column's effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from backend.targets.figures import Figures

from ...charts.theme import GREY, GRID, INK, PALETTE, style
from ...frame.safe import drawn
from .explain_words import MOST, cut, strongest

FOR, AGAINST = "rgb(200,70,0)", "rgb(0,84,166)"  # as on images and texts: apart for colour-blind eyes
HATCH = "/"  # of what speaks against: the sign does not rest on colour alone
LEGEND = {False: ("for the predicted class", "against it"), True: ("raises the number", "lowers it")}
LOGIT = {False: "change of the class's logit", True: "change of the number"}
ROW, HEAD = 25, 150  # pixels of a column in a figure, and of what stands around
SCALE = "Cividis"


def bars(
    title: str, said: Sequence[str], panels: Sequence[tuple[str, np.ndarray]], number: bool, unit: str | None = None
) -> go.Figure:
    """One explained row: a panel a method, a bar a column, in the order of the first method's sizes.

    said: "age = 39" of each column; panels: (method, scores float C). Beyond MOST columns the rest is one bar.
    """
    order = strongest(panels[0][1])
    rest = [i for i in range(len(said)) if i not in set(order)]
    left_over = [i for i in rest if any(scores[i] != 0 for _, scores in panels)]
    names = [drawn(said[i]) for i in order] + [f"{len(left_over)} other columns"] * bool(left_over)
    figure = make_subplots(
        1, len(panels), shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=[drawn(m) for m, _ in panels]
    )
    for at, (_, scores) in enumerate(panels, start=1):
        values = [float(scores[i]) for i in order] + [float(scores[left_over].sum())] * bool(left_over)
        for sign, name in zip((1, -1), LEGEND[number], strict=True):
            mine = [value if sign * value > 0 else None for value in values]
            figure.add_trace(
                go.Bar(
                    x=mine,
                    y=names,
                    orientation="h",
                    name=name,
                    legendgroup=name,
                    showlegend=at == 1,
                    marker={"color": FOR if sign > 0 else AGAINST, "pattern": {"shape": "" if sign > 0 else HATCH}},
                    hovertemplate="%{y}: %{x:+.3f}<extra></extra>",
                ),
                1,
                at,
            )
    style(figure, drawn(title), height=HEAD + ROW * max(3, len(names)))
    figure.update_xaxes(
        title_text=LOGIT[number] + (f" ({drawn(unit)})" if unit else ""), zeroline=True, zerolinecolor=INK
    )
    figure.update_yaxes(autorange="reversed", type="category", automargin=True)
    figure.update_layout(
        barmode="overlay",
        bargap=0.25,
        margin={"t": 84, "b": 96},
        legend={"y": 0, "yref": "container", "yanchor": "bottom"},
    )
    return figure


def swarm(
    columns: Sequence[str],
    scores: np.ndarray,
    shades: np.ndarray,
    said: Sequence[Sequence[str]],
    rows: Sequence[int],
    number: bool,
) -> go.Figure:
    """All explained rows under one method: a line a column, a point a row.

    scores: n x C; shades: n x C in [0, 1], the rank of the value among these rows, NaN where values have no order;
    said: of each row "age = 39" of each column.
    """
    order = strongest(np.abs(scores).mean(axis=0))
    figure = go.Figure()
    for place, column in enumerate(order):
        x, shade = scores[:, column], shades[:, column]
        y = place + _spread(x)
        told = [f"Row {row}: {drawn(text[column])}" for row, text in zip(rows, said, strict=True)]
        for known in (False, True):
            there = np.isnan(shade) != known
            if not there.any():
                continue
            marker = {"size": 6, "line": {"width": 0.4, "color": INK}}
            scale = {"color": shade[there], "colorscale": SCALE, "cmin": 0, "cmax": 1}
            figure.add_trace(
                go.Scatter(
                    x=x[there],
                    y=y[there],
                    mode="markers",
                    marker=marker | (scale if known else {"color": GREY, "symbol": "diamond"}),
                    text=[told[i] for i in np.flatnonzero(there)],
                    hovertemplate="%{text}: %{x:+.3f}<extra></extra>",
                    showlegend=False,
                )
            )
    style(
        figure,
        "Contribution of each column in every explained row",
        f"{LOGIT[number]}",
        "",
        HEAD + 34 * max(3, len(order)),
    )
    figure.update_xaxes(zeroline=True, zerolinecolor=INK)
    names = [drawn(cut(columns[i])) for i in order]
    figure.update_yaxes(
        range=[len(order) - 0.4, -0.6], tickvals=list(range(len(order))), ticktext=names, automargin=True, showgrid=True
    )
    return figure


def overall(columns: Sequence[str], found: Sequence[Mapping[str, Any]], method: str, number: bool) -> go.Figure:
    """Mean size of each column's contributions over the explained rows, with intervals."""
    order = strongest(np.array([one["value"] for one in found]))
    kept = [found[i] for i in order]
    figure = go.Figure(
        go.Bar(
            x=[one["value"] for one in kept],
            y=[drawn(cut(columns[i])) for i in order],
            orientation="h",
            marker={"color": PALETTE[0]},
            error_x=_errors(kept),
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
            showlegend=False,
        )
    )
    style(
        figure,
        f"Mean size of the contributions, {drawn(method)}",
        f"mean |{LOGIT[number]}|, 95 % interval",
        "",
        HEAD - 20 + ROW * max(3, len(order)),
    )
    return figure.update_yaxes(autorange="reversed", type="category", automargin=True)


def importance(body: Mapping[str, Any], told: Mapping[str, Any] | None) -> go.Figure:
    """What shuffling a column costs the network and the boosted trees, with intervals."""
    figures = Figures.of(body["metric"], told)
    size = np.max([[one["value"] for one in body[name]["columns"]] for name in ("network", "boosting")], axis=0)
    order = [int(i) for i in np.argsort(-size, kind="stable")[:MOST]]
    figure, names = go.Figure(), [drawn(cut(body["columns"][i])) for i in order]
    looks = {
        "network": ("Network", PALETTE[0], "circle", -0.14),
        "boosting": ("Boosted trees", PALETTE[1], "square-open", 0.14),
    }
    for key, (name, colour, symbol, up) in looks.items():
        found = [{end: figures.scale * value for end, value in body[key]["columns"][i].items()} for i in order]
        figure.add_trace(
            go.Scatter(
                x=[one["value"] for one in found],
                y=[place + up for place in range(len(order))],
                mode="markers",
                name=name,
                marker={"color": colour, "symbol": symbol, "size": 10},
                error_x=_errors(found),
                text=names,
                hovertemplate="%{text}: %{x:.3g}<extra>" + name + "</extra>",
            )
        )
    unit = f" ({drawn(figures.of_difference)})" if figures.of_difference else ""
    style(
        figure,
        "What shuffling a column costs the network and boosted trees",
        f"loss of {figures.title}{unit}, 95 % interval",
        "",
        HEAD + 30 * max(3, len(order)),
    )
    figure.update_xaxes(zeroline=True, zerolinecolor=INK)
    figure.update_yaxes(
        range=[len(order) - 0.5, -0.5], tickvals=list(range(len(order))), ticktext=names, automargin=True
    )
    return figure.update_layout(legend={"y": 0, "yref": "container", "yanchor": "bottom"}, margin={"b": 96})


def effect(told: Mapping[str, Any], amount: str, number: bool) -> go.Figure:
    """How the answer changes with one feature; told: of the question `effect`; amount: what the answer is, with its
    unit."""
    scale = 1 if number else 100
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.82, 0.18], vertical_spacing=0.04)
    ordered = told["kind"] == "number"
    x = told["at"] if ordered and not told["date"] else [drawn(cut(name)) for name in told["shown"]]
    mean, low, high = (
        [scale * (told["base"] + one[end]) for one in told["effect"]] for end in ("value", "low", "high")
    )
    for i, (row, curve) in enumerate(zip(told["rows"], told["ice"], strict=True)):
        look = {"mode": "lines" if ordered else "markers", "line": {"color": GREY, "width": 0.8}, "opacity": 0.6}
        figure.add_trace(
            go.Scatter(
                x=x,
                y=[scale * value for value in curve],
                name="single rows",
                legendgroup="rows",
                showlegend=i == 0,
                marker={"color": GREY, "size": 5, "symbol": "line-ew-open"},
                hovertemplate=f"Row {row} ({drawn(cut(told['own'][i]))}): %{{y:.3g}}<extra></extra>",
                **look,
            ),
            1,
            1,
        )
    if ordered:
        band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        figure.add_trace(go.Scatter(x=x, y=low, **band), 1, 1)
        figure.add_trace(go.Scatter(x=x, y=high, fill="tonexty", fillcolor="rgba(0,114,178,0.25)", **band), 1, 1)
    errors = (
        {}
        if ordered
        else {
            "error_y": _errors([{"value": m, "low": lo, "high": hi} for m, lo, hi in zip(mean, low, high, strict=True)])
        }
    )
    look = {"mode": "lines+markers" if ordered else "markers", "line": {"color": PALETTE[0], "width": 3}}
    figure.add_trace(
        go.Scatter(x=x, y=mean, name="on average", marker={"color": PALETTE[0], "size": 7}, **look, **errors), 1, 1
    )
    figure.add_trace(_rows(told, x if not ordered else None), 2, 1)
    style(figure, f"How the answer changes with {drawn(cut(told['feature']))}", height=460)
    figure.update_yaxes(title_text=amount, row=1, col=1)
    figure.update_yaxes(title_text="rows" if ordered else "rows (%)", showticklabels=not ordered, row=2, col=1)
    figure.update_xaxes(title_text=drawn(cut(told["feature"])), row=2, col=1)
    if not ordered:
        figure.update_xaxes(type="category")
    return figure.update_layout(margin={"b": 96}, legend={"y": 0, "yref": "container", "yanchor": "bottom"})


def _rows(told: Mapping[str, Any], names: Sequence[str] | None) -> go.Bar:
    """How many of the test rows have each value (names), or lie in each bin: then as areas, since bins are not
    alike."""
    share = [100 * value for value in told["share"]]
    look = {"marker": {"color": GRID, "line": {"color": GREY, "width": 0.5}}, "showlegend": False}
    if names is not None:
        return go.Bar(x=list(names), y=share, hovertemplate="%{y:.1f} % of the rows<extra></extra>", **look)
    at = np.array(told["at"])
    middle, width = (at[:-1] + at[1:]) / 2, np.diff(at)
    place = {"x": middle, "width": width}
    if told["date"]:  # days, as Plotly draws them: names of moments, widths in milliseconds
        moments = np.datetime64("1970-01-01") + (middle * 86_400_000).astype("timedelta64[ms]")
        place = {"x": moments.astype(str).tolist(), "width": width * 86_400_000}
    said = "%{customdata:.1f} % of the rows<extra></extra>"
    return go.Bar(y=np.array(share) / np.maximum(width, 1e-12), customdata=share, hovertemplate=said, **place, **look)


def _spread(values: np.ndarray, most: float = 0.36, bins: int = 60) -> np.ndarray:
    """Offsets that keep the points of a line apart: those of a bin are stacked around its middle."""
    low, high = float(values.min()), float(values.max())
    of = (
        np.zeros(len(values), dtype=np.int64)
        if high <= low
        else ((values - low) / (high - low) * (bins - 1)).round().astype(int)
    )
    out = np.zeros(len(values))
    largest = np.bincount(of).max()
    for one in np.unique(of):
        mine = np.flatnonzero(of == one)
        steps = np.arange(len(mine)) - (len(mine) - 1) / 2
        out[mine] = steps * (2 * most / max(largest, 8))
    return out


def _errors(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    up = [0 if one["high"] is None else one["high"] - one["value"] for one in found]
    down = [0 if one["low"] is None else one["value"] - one["low"] for one in found]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": INK, "thickness": 1.2}
