"""Names for values that are written as numbers: what 0 and 1 stand for, asked in the form that registers data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ..frame.fields import KEPT
from ..frame.page import plain

MOST = 6  # different values of a column that is asked for names


def asked(columns: list[dict[str, Any]], own: Callable[[str], str]) -> dict[str, Any]:
    """{"value_names": {column: {value: name}}} of the columns of few numbers that were given names, {} without any.

    columns: of a preview, those with classes or groups; own: the key of a widget for this source alone.
    """
    told = {c["name"]: _names(c, own) for c in columns if c["kind"] == "number" and 2 <= c["distinct"] <= MOST}
    told = {name: found for name, found in told.items() if found}
    return {"value_names": told} if told else {}


def _names(column: dict[str, Any], own: Callable[[str], str]) -> dict[str, str]:
    name, found = column["name"], {}
    values = sorted(column["values"], key=float)
    for place, value in zip(st.columns(len(values)), values, strict=True):
        label = plain(f"{name} {value} means")
        key = own(f"called.{name}.{value}")
        found[value] = place.text_input(label, "", 40, key=key, placeholder=value, **KEPT).strip()
    return {value: said for value, said in found.items() if said}
