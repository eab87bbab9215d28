"""Histograms of a selection against the whole map, as a widget that draws and answers in milliseconds.

Our own Streamlit component, of the same program as the map (view/): every lasso would wait for a figure of Plotly to be
laid out. Back comes which bars a person dragged over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from pydantic import BaseModel, ConfigDict, Field

from backend.workspace.layout import BadInput

from ..charts.theme import GREY, PALETTE
from ..frame.safe import visible
from . import bundle, routes
from .facets import BINS, Made
from .gesture import read

_mount = st.components.v2.component("ssl_workbench_bars", js=bundle.start("bars"), isolate_styles=False)


class Span(BaseModel):
    """Bars that a person dragged over: of which column, the first and the last."""

    model_config = ConfigDict(extra="forbid", strict=True)
    column: str
    first: int = Field(ge=0, lt=BINS)
    last: int = Field(ge=0, lt=BINS)


def shown(made: list[Made]) -> list[Made]:
    """The numbers that have a histogram, from the top."""
    return [one for one in made if one.facet.edges and one.every.sum()]


def spanned(told: Any, made: list[Made]) -> dict[str, set[int]]:
    """{column: bins} of what the browser sent. Raises BadInput with one line."""
    span = read(told, Span)
    columns = [one.facet.column for one in shown(made)]
    if span.column not in columns or span.first > span.last:
        raise BadInput(
            f"gesture: expected bars from left to right of {', '.join(columns) or 'no column'}, "
            f"found {span.first} to {span.last} of {span.column[:80]!r}"
        )
    return {span.column: set(range(span.first, span.last + 1))}


def show(made: list[Made], key: str, answered: int, taken: Callable[[], None]) -> bool:
    """Draw them; False where no number has one. answered: gestures answered so far; taken: called when bars are."""
    numbers = shown(made)
    if numbers:
        told = {
            "program": routes.bundle_path(),
            "histograms": [
                {
                    "column": one.facet.column,
                    "title": visible(one.facet.title),
                    "edges": one.facet.edges,
                    "every": one.every.tolist(),
                    "chosen": one.chosen.tolist(),
                }
                for one in numbers
            ],
            "colours": {"map": GREY, "selection": PALETTE[0]},
            "answered": answered,
        }
        _mount(key=key, data=told, on_gesture_change=taken)
    return bool(numbers)
