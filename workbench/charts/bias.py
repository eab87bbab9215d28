"""Figures of the bias page: every group's rate with its interval, and pretrained against supervised."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ..frame.safe import drawn
from ..verdicts.arms import ARM_NAME
from ..verdicts.bias import apart, in_percent, name, of_number, ordered, rate, short, unit_of
from .theme import ARM, DASHES, GREY, INK, MARKERS, style

ROW = 44  # height of a group's row in px
APART = 0.14  # distance of an arm's dot from the middle of its row


def groups(bodies: dict[str, dict[str, Any]], metric: str) -> go.Figure:
    """One row a group, one dot and 95 % interval an arm; lowest value on top; groups too small to test in grey.

    bodies: {arm: `fairness` body} of one attribute; the first arm gives the order.
    """
    first = next(iter(bodies.values()))
    order = sorted(first["groups"], key=lambda g: (g["enough"], -_value(g, metric)))
    place = {g["group"]: i for i, g in enumerate(order)}
    figure, scale = go.Figure(), _scale(metric)
    for k, (arm, body) in enumerate(bodies.items()):
        overall = body["overall"].get(metric)
        if overall and overall["value"] is not None:
            line = {"color": ARM.get(arm, GREY), "dash": DASHES[k + 1], "width": 1}
            figure.add_vline(scale * overall["value"], line=line)
        shift = APART * ((len(bodies) - 1) / 2 - k) * 2
        for tested in (True, False):
            found = [g for g in body["groups"] if g["group"] in place and _comparable(g, metric) == tested]
            found = [g for g in found if _value(g, metric, None) is not None]
            if found:
                figure.add_trace(_dots(found, metric, [place[g["group"]] + shift for g in found], body, k, tested))
    labels = [f"{drawn(g['group'])} (n = {g['n']:,})" + ("" if g["enough"] else ", too few") for g in order]
    unit = (
        f"{drawn(short(metric))} (%)" if in_percent(metric) else _in_unit(drawn(short(metric)), first)
    ) + "; thin lines: over all rows"
    title = f"{name(metric)} by {drawn(first['attribute'])}, with 95 % intervals"
    style(figure, title, unit, "", 170 + ROW * max(2, len(order)))
    figure.update_yaxes(tickvals=list(range(len(order))), ticktext=labels, range=[-0.6, len(order) - 0.4])
    below = {"yref": "container", "y": 0, "yanchor": "bottom"}  # under the axis title, however few rows there are
    return figure.update_layout(legend=below, margin={"l": 170, "b": 76})


def comparable(body: dict[str, Any]) -> list[str]:
    """The metrics of a `fairness.contrast` event whose gaps are known for both models."""
    found = ((metric, test["difference"]) for metric, test in body["metrics"].items())
    return [metric for metric, difference in found if difference and difference["value"] is not None]


def contrast(body: dict[str, Any]) -> go.Figure:
    """How much wider the gap is after pretraining, for every rate, with 95 % intervals around a line at 0."""
    tests = {m: body["metrics"][m] for m in comparable(body)}
    shown = ordered(tests)[::-1]
    estimates, scale = [tests[m]["difference"] for m in shown], 1 if of_number(body) else 100
    figure = go.Figure(
        go.Scatter(
            x=[scale * e["value"] for e in estimates],
            y=list(range(len(shown))),
            mode="markers",
            marker={"size": 10, "symbol": "diamond", "color": INK},
            error_x=_bars(estimates, scale),
            hovertext=[
                f"{name(m)}: {apart(m, e, unit_of(body), sign=True)}" for m, e in zip(shown, estimates, strict=True)
            ],
            hoverinfo="text",
            showlegend=False,
        )
    )
    figure.add_vline(0, line={"color": GREY, "dash": "dash", "width": 1})
    title = f"Gap by {drawn(body['attribute'])}: pretrained minus supervised (right of 0: SSL widens it)"
    unit = _in_unit("difference of the gaps", body) if of_number(body) else "difference of the gaps (percentage points)"
    style(figure, title, unit, "", 150 + ROW * max(2, len(shown)))
    ticks = [name(m) for m in shown]
    figure.update_yaxes(tickvals=list(range(len(shown))), ticktext=ticks, range=[-0.6, len(shown) - 0.4])
    return figure.update_layout(margin={"l": 230})


def _in_unit(said: str, body: dict[str, Any]) -> str:
    return f"{said} ({drawn(unit_of(body))})" if unit_of(body) else said


def _dots(found: list[dict], metric: str, y: list[float], body: dict[str, Any], place: int, tested: bool) -> go.Scatter:
    arm = body["arm"]
    estimates = [g["metrics"][metric] for g in found]
    scale = _scale(metric)
    colour = ARM.get(arm, GREY) if tested else GREY
    hover = [
        f"{drawn(g['group'])}, {ARM_NAME.get(arm, arm)}<br>{rate(metric, e, unit_of(body))}, on {e['trials']:,} rows"
        for g, e in zip(found, estimates, strict=True)
    ]
    return go.Scatter(
        x=[scale * e["value"] for e in estimates],
        y=y,
        mode="markers",
        name=ARM_NAME.get(arm, arm) if tested else f"{ARM_NAME.get(arm, arm)}, too few to say",
        marker={"size": 10, "symbol": MARKERS[place] if tested else f"{MARKERS[place]}-open", "color": colour},
        error_x=_bars(estimates, scale, colour),
        hovertext=hover,
        hoverinfo="text",
    )


def _scale(metric: str) -> int:
    """What a rate is drawn in: percent, or AUROC and its like as they are."""
    return 100 if in_percent(metric) else 1


def _bars(estimates: list[dict[str, Any]], scale: float, colour: str = INK) -> dict[str, Any]:
    def reach(e: dict[str, Any], end: str) -> float:
        return 0.0 if e[end] is None else scale * abs(e[end] - e["value"])

    return {
        "type": "data",
        "symmetric": False,
        "array": [reach(e, "high") for e in estimates],
        "arrayminus": [reach(e, "low") for e in estimates],
        "thickness": 1.6,
        "width": 4,
        "color": colour,
    }


def _comparable(group: dict[str, Any], metric: str) -> bool:
    return bool(group["metrics"].get(metric, {}).get("enough"))


def _value(group: dict[str, Any], metric: str, missing: float | None = -1.0) -> float | None:
    value = group["metrics"].get(metric, {}).get("value")
    return missing if value is None else value
