"""Explained examples on the explain page. By default the run's examples as records, each with its largest scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from ..frame.page import plain
from ..frame.safe import cells
from ..frame.session import service
from ..verdicts import explain as words

if TYPE_CHECKING:
    from ..explain.record import Explained

SHOWN = 16  # examples on the page


class Explain:
    def sources(self, shown: Explained) -> dict[str, Callable[[], None]]:
        """{what a person may explain: how it is drawn}"""
        return {"Examples of the run": lambda: of_the_run(shown)}

    def asks(self, run: dict[str, Any]) -> Callable[[], None] | None:
        """A further question to a run's model, beneath; None where it has none."""
        return None


def of_the_run(shown: Explained) -> None:
    """Each example with what was predicted, then its scores under every method, a column a method."""
    body, classes = next(iter(shown.methods.values())), shown.manifest["classes"]
    rows = body["rows"][:SHOWN]
    told = zip(rows, body["label"], body["predicted"], body["probability"], strict=False)
    found = service().cells(shown.run["dataset"], rows)
    st.dataframe(
        cells(
            [
                {"Row": row, "Prediction": words.caption(*numbers, classes), **record.body}
                for (row, *numbers), record in zip(told, found, strict=True)
            ]
        ),
        hide_index=True,
        key="explained",
    )
    for method, sha256 in shown.files.items():
        with st.expander(f"Scores of {plain(words.name(method))}"):
            st.dataframe(cells(service().table(sha256).slice(0, 1_000).to_pylist()), hide_index=True, key=method)


EXPLAIN = Explain()
