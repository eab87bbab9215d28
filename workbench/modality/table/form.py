"""Fields that only tables have when they are registered: the types of their columns, and a split in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from backend.data.spec import ColumnType

from ...frame.fields import column
from ...frame.safe import cells, visible
from .._form import Form

ASK = "say which"  # the type of a column that cannot be guessed
TIMES = ("date", "number")
EXAMPLES = 6


class TableForm(Form):
    also = " and time"

    def described(self, look: dict[str, Any], own: Callable[[str], str]) -> dict[str, Any]:
        """A table of the columns, whose types can be changed: {"columns": {name: type}} of those that were."""
        st.caption("Types are guessed from the first rows. Change one where it is wrong; a model reads no identifiers, "
                   "free text or constant columns, nor what is left out.")  # fmt: skip
        rows = column_rows(look)
        types = [*get_args(ColumnType), *([ASK] if any(row["Type"] == ASK for row in rows) else [])]
        edited = st.data_editor(
            cells(rows),
            key=own("types"),
            hide_index=True,
            disabled=["Column", "For example", "Why"],
            column_config={"Type": st.column_config.SelectboxColumn(options=types, required=True)},
        )
        found = changed(look["columns"], list(pd.DataFrame(edited)["Type"]))
        return {"columns": found} if found else {}

    def beside_splits(self, look: dict[str, Any], own: Callable[[str], str], place: DeltaGenerator) -> dict[str, Any]:
        times = [c["name"] for c in look["columns"] if c.get("type") in TIMES]
        help = "A date or a number: the earliest 70 % train, then validation, then test. In place of a split column"
        with place:
            return {"split_time": column("In the order of", times, None, own("split_time"), help)}


def column_rows(look: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a column of a source that is only looked at: its type, examples, and why it is of that type."""
    return [
        {
            "Column": visible(c["name"]),
            "Type": c.get("type") or ASK,
            "Why": c.get("why", ""),
            "For example": ", ".join(c["values"][:EXAMPLES]),
        }
        for c in look["columns"]
    ]


def changed(look: Sequence[dict[str, Any]], types: Sequence[str]) -> dict[str, str]:
    """{column: type} where another type was chosen than was guessed. look: columns of a preview."""
    pairs = zip(look, types, strict=True)
    return {one["name"]: kind for one, kind in pairs if kind not in (one.get("type"), ASK)}


FORM = TableForm()
