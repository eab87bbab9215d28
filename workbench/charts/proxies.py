"""Figures of proxies: how surely each column gives an attribute away, and what replacing it does to a gap."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ..frame.safe import drawn
from ..verdicts.arms import ARM_NAME
from ..verdicts.bias import in_percent, of_number, short
from ..verdicts.proxies import TOGETHER, auroc
from .bias import ROW, _bars, _in_unit
from .theme import ARM, GREY, INK, MARKERS, PALETTE, style

MOST = 12
APART = 0.14


def told(body: dict[str, Any]) -> go.Figure:
    """One row a column: AUROC of the groups from it alone, with 95 % intervals; lines at chance and at the bound."""
    shown = [one for one in body["columns"] if one["auroc"]["value"] is not None][:MOST]
    rows = [(TOGETHER, body["together"], "together")] if body["together"]["value"] is not None else []
    rows += [(one["column"], one["auroc"], _kind(one)) for one in shown]
    rows.reverse()
    figure = go.Figure()
    looks = {
        "other": ("other columns", GREY, MARKERS[0]),
        "proxy": ("proxy", PALETTE[1], MARKERS[1]),
        "itself": ("the attribute itself", PALETTE[3], MARKERS[3]),
        "together": ("all columns together", INK, MARKERS[2]),
    }
    for kind, (label, colour, marker) in looks.items():
        found = [(at, name, estimate) for at, (name, estimate, of) in enumerate(rows) if of == kind]
        if found:
            figure.add_trace(
                go.Scatter(
                    x=[estimate["value"] for _, _, estimate in found],
                    y=[at for at, _, _ in found],
                    mode="markers",
                    name=label,
                    marker={"size": 10, "symbol": marker, "color": colour},
                    error_x=_bars([estimate for _, _, estimate in found], 1, colour),
                    hovertext=[f"{drawn(name)}: AUROC {auroc(estimate)}" for _, name, estimate in found],
                    hoverinfo="text",
                )
            )
    figure.add_vline(0.5, line={"color": GREY, "dash": "dash", "width": 1})
    figure.add_vline(body["bound"], line={"color": GREY, "dash": "dot", "width": 1})
    title = f"How surely each column gives {drawn(body['attribute'])} away, with 95 % intervals"
    unit = f"AUROC (dashed: chance; dotted: a proxy's interval lies above {body['bound']:g})"
    style(figure, title, unit, "", 150 + 30 * max(3, len(rows)))
    ticks = [drawn(name) for name, _, _ in rows]
    figure.update_yaxes(tickvals=list(range(len(rows))), ticktext=ticks, range=[-0.6, len(rows) - 0.4])
    return _legend_below(figure)


def _kind(one: dict[str, Any]) -> str:
    return "itself" if one["itself"] else "proxy" if one["proxy"] else "other"


def carried(body: dict[str, Any], metric: str) -> go.Figure:
    """One row a set of columns, one mark a model: how much of the gap goes when they are replaced, right of 0."""
    scale = 100 if in_percent(metric) else 1
    found = [one for one in body["carried"] if (one["metrics"][metric]["difference"] or {}).get("value") is not None]
    sets = list(dict.fromkeys(", ".join(one["columns"]) for one in found))[::-1]
    arms = list(dict.fromkeys(one["arm"] for one in found))
    figure = go.Figure()
    for k, arm in enumerate(arms):
        mine = [one for one in found if one["arm"] == arm]
        estimates = [one["metrics"][metric]["difference"] for one in mine]
        shift = APART * ((len(arms) - 1) / 2 - k) * 2
        figure.add_trace(
            go.Scatter(
                x=[scale * estimate["value"] for estimate in estimates],
                y=[sets.index(", ".join(one["columns"])) + shift for one in mine],
                mode="markers",
                name=ARM_NAME.get(arm, arm),
                marker={"size": 10, "symbol": MARKERS[k], "color": ARM.get(arm, GREY)},
                error_x=_bars(estimates, scale, ARM.get(arm, GREY)),
                hovertext=[drawn(f"{ARM_NAME.get(arm, arm)}: {', '.join(one['columns'])}") for one in mine],
                hoverinfo="text+x",
            )
        )
    figure.add_vline(0, line={"color": GREY, "dash": "dash", "width": 1})
    what = _in_unit("change of the gap", body) if of_number(body) else "change of the gap"
    unit = f"{what} (percentage points; right of 0: the columns carry it)" if scale == 100 else what
    title = f"What columns carry of the gap in {drawn(short(metric))} by {drawn(body['attribute'])}"
    style(figure, title, unit, "", 150 + ROW * max(2, len(sets)))
    ticks = [drawn(name) for name in sets]
    figure.update_yaxes(tickvals=list(range(len(sets))), ticktext=ticks, range=[-0.6, len(sets) - 0.4])
    return _legend_below(figure)


def _legend_below(figure: go.Figure) -> go.Figure:
    below = {"yref": "container", "y": 0, "yanchor": "bottom"}
    return figure.update_layout(legend=below, margin={"l": 190, "b": 76})
