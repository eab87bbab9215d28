"""What the label is, asked in the form that registers a data set: a class, a number, an event within a horizon."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ..frame.fields import KEPT, number
from ..frame.numbers import Range
from ..frame.safe import visible

TITLES = {"class": "A class", "number": "A number", "event": "An event within a horizon"}
MANY = 20  # different numbers from which on a column is taken for a number and no class
NONE = "(none)"


def asked(column: dict[str, Any], names: list[str], own: Callable[[str], str]) -> tuple[str, dict[str, Any]]:
    """(the type of target, its part of the spec) of a label column, of which the preview tells."""
    many = column["kind"] == "number" and column["distinct"] > MANY
    key = own(f"target.{column['name']}")
    help = "A number is studied by its errors, an event by how few alarms find it"
    start = "number" if many else "class"
    kind = st.segmented_control(
        "It is", list(TITLES), default=start, format_func=TITLES.get, key=key, help=help, **KEPT
    )
    kind = kind or start
    if kind == "class":
        return kind, {}
    unit = st.text_input("Unit", "", key=own("unit"), max_chars=40, placeholder="days", **KEPT).strip()
    told: dict[str, Any] = {"target": kind, "unit": unit or None}
    if kind == "number":
        return kind, told
    help = "In the unit: an event within this time is class 1"
    horizon = number("Horizon", None, Range(0, None, above=True), own("horizon"), help=help, optional=True, empty="30")
    options = [None, *(name for name in names if name != column["name"])]
    seen = st.selectbox(
        "Observed",
        options,
        format_func=lambda name: NONE if name is None else visible(name),
        key=own("observed"),
        help="Column: 1 the event was seen, 0 the row was followed up to that time only; none: all events were seen",
        **KEPT,
    )
    return kind, {**told, "horizon": horizon, "observed": seen}
