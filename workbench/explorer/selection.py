"""Which rows are selected: one selection a data set, shared by all maps that are shown.

It is kept as one mark a row, so that a million rows are a million bytes and not a list of numbers.

A Plotly chart that is drawn anew forgets zoom and lasso, so the chart in which the person drew keeps its figure as it
was, and only the others are drawn with the new selection. `token` names a figure apart from the selection in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import streamlit as st

from .replay import follow


class Selected:
    """The selection on one data set of `count` rows, kept in the session."""

    def __init__(self, dataset: str, count: int):
        self._marks, self._figures, self._count = f"selected_{dataset}", f"drawn_{dataset}", count
        self._steps = f"steps_{dataset}"

    @property
    def mask(self) -> np.ndarray:
        """bool, one a row of the data set; not to be written to."""
        found = st.session_state.get(self._marks)
        return np.zeros(self._count, dtype=bool) if found is None else found

    @property
    def rows(self) -> np.ndarray:
        """Row numbers, int64, ascending."""
        return np.flatnonzero(self.mask)

    @property
    def steps(self) -> list[dict[str, Any]] | None:
        """The gestures that draw this selection from nothing (replay.py); None where it was not drawn on maps."""
        return st.session_state.get(self._steps, [])

    def put(self, mask: np.ndarray, step: dict[str, Any] | None = None) -> None:
        """Select the rows that `mask` marks; `step`: the gesture that made it of what was selected before."""
        st.session_state[self._steps] = follow(self.steps, step) if mask.any() else []
        st.session_state[self._marks] = mask
        self._drawn["source"] = None

    def recall(self, rows: Iterable[int], steps: list[dict[str, Any]] | None) -> None:
        """Select the rows of a record; `steps`: how they were drawn, where it is known that they are these rows."""
        self.set(rows)
        st.session_state[self._steps] = steps

    def set(self, rows: Iterable[int], source: str | None = None) -> None:
        """Select `rows`; `source`: the token of the figure in which they were drawn, if a person drew them."""
        mask = np.zeros(self._count, dtype=bool)
        mask[np.fromiter(rows, dtype=np.int64)] = True
        self.put(mask)
        self._drawn["source"] = source

    @property
    def _drawn(self) -> dict[str, Any]:
        return st.session_state.setdefault(self._figures, {"source": None, "rows": {}})

    def to_draw(self, token: str, key: str) -> list[int]:
        """The rows that the Plotly figure `token`, shown under the widget `key`, is to emphasise."""
        drawn_here = token == self._drawn["source"] and drawn_rows(st.session_state.get(key))
        if not drawn_here:
            self._drawn["rows"][key] = self.rows.tolist()
        return self._drawn["rows"][key]

    def take(self, token: str, key: str) -> None:
        """Callback of a Plotly chart: the person drew, clicked or cleared."""
        rows = drawn_rows(st.session_state.get(key))
        self.set(rows, token if rows else None)


def drawn_rows(event: Any) -> list[int]:
    """Row numbers in a chart's selection event: each point carries its own as customdata."""
    points = event["selection"]["points"] if event else []
    found = (point.get("customdata") for point in points)
    return [int(value[0] if isinstance(value, list) else value) for value in found if value is not None]
