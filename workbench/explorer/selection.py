"""Which rows are selected: one selection a data set, shared by all maps that are shown.

A chart that is drawn anew forgets zoom and lasso, so the chart in which the person drew keeps its figure as it
was, and only the others are drawn with the new selection. `token` names a figure apart from the selection in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st


class Selected:
    """The selection on one data set, kept in the session."""

    def __init__(self, dataset: str):
        self._state = st.session_state.setdefault(f"selected_{dataset}", {"rows": [], "source": None, "drawn": {}})

    @property
    def rows(self) -> list[int]:
        """Row numbers, ascending."""
        return self._state["rows"]

    def set(self, rows: Iterable[int], source: str | None = None) -> None:
        """Select `rows`; `source`: the token of the figure in which they were drawn, if a person drew them."""
        self._state.update(rows=sorted({int(row) for row in rows}), source=source)

    def to_draw(self, token: str, key: str) -> list[int]:
        """The rows that the figure `token`, shown under the widget `key`, is to emphasise."""
        drawn_here = token == self._state["source"] and drawn_rows(st.session_state.get(key))
        if not drawn_here:
            self._state["drawn"][key] = self.rows
        return self._state["drawn"][key]

    def take(self, token: str, key: str) -> None:
        """Callback of a chart: the person drew, clicked or cleared."""
        rows = drawn_rows(st.session_state.get(key))
        self.set(rows, token if rows else None)


def drawn_rows(event: Any) -> list[int]:
    """Row numbers in a chart's selection event: each point carries its own as customdata."""
    points = event["selection"]["points"] if event else []
    found = (point.get("customdata") for point in points)
    return [int(value[0] if isinstance(value, list) else value) for value in found if value is not None]
