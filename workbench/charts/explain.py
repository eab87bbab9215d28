"""Figures of the explain page: tests beside the controls, planted shares, deletion curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..verdicts.explain import FACTOR, name, of_number, ordered
from .theme import DASHES, GREY, INK, MARKERS, PALETTE, style

if TYPE_CHECKING:
    from ..modality._words import Words

LIMIT = 0.5


def _limit(x: float, column: int) -> dict[str, Any]:
    """A dashed line from bottom to top of the panel in a column."""
    number, line = str(column) if column > 1 else "", {"color": INK, "dash": "dash", "width": 1}
    across = {"xref": f"x{number}", "x0": x, "x1": x}
    return {"type": "line", **across, "yref": f"y{number} domain", "y0": 0, "y1": 1, "line": line}


def tests(controls: dict[str, Any], of: Words) -> go.Figure:
    """Both tests of the joint rule, methods (filled) above controls (open), with the line that each must pass."""
    names = ordered(controls["verdict"], of)
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.04)
    marker = {"size": 11, "color": [_colour(n, names, of) for n in names]}
    marker["symbol"] = [_symbol(n, names, of) for n in names]
    labels = [name(n) for n in names]
    same = [controls["randomisation"][n] for n in names]
    lead = [controls["faithfulness"][n] for n in names]
    figure.add_trace(go.Scatter(x=same, y=labels, mode="markers", marker=marker, showlegend=False), 1, 1)
    figure.add_trace(
        go.Scatter(
            x=[e["value"] for e in lead], y=labels, mode="markers", marker=marker, error_x=_bars(lead), showlegend=False
        ),
        1,
        2,
    )
    figure.update_layout(shapes=[_limit(LIMIT, 1), _limit(0, 2)])
    style(figure, f"A {of.judged} passes left of the left line and right of the right one; both controls must not")
    figure.update_xaxes(
        title_text="rank correlation with<br>a re-initialised model (low is good)", range=[-0.05, 1.05], col=1
    )
    figure.update_xaxes(title_text=f"(insertion − deletion) AUC<br>above {of.noise}, 95 % interval", col=2)
    return figure.update_yaxes(autorange="reversed")


def shares(methods: dict[str, dict[str, Any]], controls: dict[str, Any], of: Words) -> go.Figure:
    """Share of the absolute attribution on each planted factor, with intervals and the factor's share of the area."""
    factors = [f for f in FACTOR if (controls["planted_area"] or {}).get(f)]
    found_in = {**{m: b["planted_mean"] for m, b in methods.items()}, **controls["planted_mean"]}
    means = {m: found_in[m] for m in ordered(found_in, of)}
    figure = make_subplots(1, len(factors), shared_yaxes=True, subplot_titles=[f"On the {FACTOR[f]}" for f in factors])
    areas = []
    for column, factor in enumerate(factors, start=1):
        found = [means[m][factor] for m in means]
        figure.add_trace(
            go.Bar(
                x=[_percent(e["value"]) for e in found],
                y=[name(m) for m in means],
                orientation="h",
                marker={
                    "color": [GREY if m in of.controls else PALETTE[0] for m in means],
                    "pattern": {"shape": ["/" if m in of.controls else "" for m in means]},
                },
                error_x=_bars(found, 100),
                showlegend=False,
            ),
            1,
            column,
        )
        areas.append(_limit(100 * controls["planted_area"][factor], column))
    figure.update_layout(shapes=areas)
    style(figure, "Share of the attribution on planted pixels; dashed: their share of the image; hatched: controls")
    figure.update_xaxes(title_text="share of absolute attribution (%), 95 % interval", rangemode="tozero")
    return figure.update_yaxes(autorange="reversed").update_layout(margin={"t": 84})


def curves(controls: dict[str, Any], of: Words) -> go.Figure:
    """Mean probability of the predicted class while pixels are blackened or revealed (words masked or put back) in
    the order of each map."""
    names, found = ordered(controls["verdict"], of), controls["curves"]
    x = [100 * f for f in found["fractions"]]
    figure = make_subplots(
        1, 2, shared_yaxes=True, subplot_titles=["Deletion (low is good)", "Insertion (high is good)"]
    )
    for column, way in enumerate(("deletion", "insertion"), start=1):
        for n in names:
            line = {
                "color": _colour(n, names, of),
                "dash": "dot" if n in of.controls else DASHES[names.index(n) % 3],
                "width": 2,
            }
            figure.add_trace(
                go.Scatter(
                    x=x,
                    y=[100 * p for p in found[n][way]],
                    name=name(n),
                    legendgroup=n,
                    showlegend=column == 1,
                    mode="lines+markers",
                    line=line,
                    marker={"symbol": _symbol(n, names, of), "size": 5},
                ),
                1,
                column,
            )
    number = of_number(controls)
    what = "the predicted number" if number else "the predicted class's probability"
    style(figure, f"How {what} follows the {of.part} that a {of.judged} ranks first", height=420)
    figure.update_xaxes(title_text=f"{of.part} treated, highest attribution first (%)")
    if number:
        figure.update_yaxes(title_text=f"change by all {of.part} (100 % on average)", col=1)
    else:
        figure.update_yaxes(range=[0, 102]).update_yaxes(title_text="mean probability (%)", col=1)
    return figure.update_layout(margin={"t": 84})


def _colour(n: str, names: list[str], of: Words) -> str:
    return GREY if n in of.controls else PALETTE[names.index(n) % len(PALETTE)]


def _symbol(n: str, names: list[str], of: Words) -> str:
    return MARKERS[names.index(n) % len(MARKERS)] + ("-open" if n in of.controls else "")


def _bars(found: list[dict[str, float | None]], scale: float = 1) -> dict[str, Any]:
    """Plotly error bars of estimates; none where there is no interval."""
    up = [scale * (e["high"] - e["value"]) if e["low"] is not None else 0 for e in found]
    down = [scale * (e["value"] - e["low"]) if e["low"] is not None else 0 for e in found]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": INK, "thickness": 1.2}


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value
