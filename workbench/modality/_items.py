"""Examples beside a map. By default each is a record: a row of a table, or lines of name and value beside the pointer.

A room's `items.py` derives from `Items` where its examples are looked at otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import streamlit as st

from backend.workspace.formats import quantity

from ..explorer.columns import frame
from ..frame.safe import cells, visible
from ..frame.session import service

if TYPE_CHECKING:
    from ..explorer.looking import View

LISTED = 200  # examples in a table
UNKNOWN = {"label": "missing", "predicted": "not predicted"}
COSINE = st.column_config.NumberColumn("Cosine", format="%.3f")
SIDE, SAYS, MOST = 112, 400, 10  # beside the pointer: pixels of a picture, characters of a text, values of a record


class Items:
    config: ClassVar[dict[str, Any]] = {}  # how columns of its own are drawn in a table
    sides: ClassVar[list[int]] = [1, 1]  # width of a selection's examples, and of what it is made of
    most_whole: int | None = None  # points of a file that holds the examples themselves; None where none does
    measured = False  # whether `changed` says how much each point changed
    placed = False  # whether an example of a person's own can be placed on the map

    def option(self) -> bool:
        """A checkbox above the map, if its examples have one: whether what is hidden at first is shown."""
        return False

    def search(self, run: dict[str, Any]) -> None:
        """The form that looks for examples, above the map."""

    def results(self, view: View) -> None:
        """What the last search found, beneath the map."""

    def ringed(self, run: str) -> tuple[list[int], str] | None:
        """Rows that the last search found, to be outlined on the map, and what they are."""
        return None

    def hover(self, dataset: str, sha256: str, show: bool) -> list[str] | None:
        """What Plotly says of each point of a map, as its markup; None where it says the row alone."""
        return None

    def cell(self, service: Any, dataset: str, row: int, show: bool) -> tuple[str, bytes | str | dict[str, Any]]:
        """What our own view shows beside the pointer: (media type, content); of application/json {name: value}."""
        (found,) = service.cells(dataset, [row], SIDE, SAYS)
        if found.kind == "png":
            return "image/png", found.body
        if found.kind == "record":
            told = {visible(str(name)): visible(str(value)) for name, value in list(found.body.items())[:MOST]}
            more = len(found.body) - len(told)
            return "application/json", told | ({"further values": f"{more:,}"} if more else {})
        return "text/plain", visible(found.body)

    def described(self, dataset: str, rows: list[int], show: bool) -> dict[str, list[Any]]:
        """{column: what it says of each of these rows}"""
        records = [one.body for one in service().cells(dataset, rows)]
        names = dict.fromkeys(name for record in records for name in record)
        return {name: [record.get(name) for record in records] for name in names}

    def table(self, view: View, rows: list[int]) -> pd.DataFrame:
        """Row, what describes it, label and prediction of at most LISTED rows, in their order."""
        rows, known = rows[:LISTED], frame(view.source)
        found = pd.DataFrame({"Row": rows, **self.described(view.run["dataset"], rows, view.show)})
        if view.source.number is not None:
            for column, name in {"target": "Number", "predicted": "Prediction"}.items():
                if column in known:
                    missing = UNKNOWN.get(column, UNKNOWN["label"])
                    found[name] = [missing if v != v else quantity(v) for v in known[column].iloc[rows]]
            return found
        for column, name in {"label": "Label", "predicted": "Prediction"}.items():
            if column in known:
                values = known[column].iloc[rows].astype("object")
                found[name] = values.where(values.notna(), UNKNOWN[column]).to_numpy()
        return found

    def listed(self, view: View, rows: list[int], key: str, count: int | None = None) -> None:
        """The first of these rows; `count`: how many they are, where only the first are given."""
        st.dataframe(cells(self.table(view, rows)), hide_index=True, column_config=self.config, key=key)
        count = len(rows) if count is None else count
        if count > LISTED:
            st.caption(f"The first {LISTED} of {count:,}.")

    def near(
        self, view: View, found: list[tuple[int, float]], key: str, row: int | None = None, everywhere: bool = False
    ) -> None:
        """Rows with their cosine, the nearest first. row: whose neighbours they are; everywhere: not all need be on the
        map."""
        if row is not None:
            self.listed(view, [row], "this")
        shown = self.table(view, [near for near, _ in found])
        shown.insert(0, "Cosine", [cosine for _, cosine in found])
        if everywhere:
            shown["On the map"] = np.where(np.isin(shown["Row"], view.here.rows), "yes", "no")
        st.dataframe(cells(shown), hide_index=True, column_config=self.config | {"Cosine": COSINE}, key=key)

    def changed(self, view: View, rows: list[int], most: dict[str, Any], key: str) -> None:
        """The points that changed most between two encoders. most: `most_changed` of the answer to `compare`."""
        self.listed(view, rows, f"{key}_rows")

    def whole(self, dataset: str, rows: np.ndarray) -> dict[str, list[Any]]:
        """{column: values} that a file of the selection holds beside the data set's columns."""
        return {}

    def given(self) -> tuple[bytes, str]:
        """The field for an example of a person's own: (what was given, how it is called), empty where nothing was."""
        return b"", ""

    def asked(self, payload: bytes) -> dict[str, Any]:
        """What the question `place` says of it. Raises BadInput with one line."""
        raise NotImplementedError


ITEMS = Items()
