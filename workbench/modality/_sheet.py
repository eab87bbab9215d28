"""A modality's parts of the data page. By default: some examples as records, and what stands twice."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ..frame.page import plain
from ..frame.safe import cells
from ..frame.session import service
from ..verdicts import data as words

LOOKED = 20_000  # rows among which examples are looked for
EACH = 3  # examples of a class


class Sheet:
    def draw(self, manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
        """Examples, duplicates and whatever else a person looks at first."""
        with st.expander("Examples", expanded=True):
            for name, rows in examples(manifest, EACH).items():
                st.markdown(f"**{plain(name)}**")
                st.dataframe(cells(records(manifest["name"], rows)), hide_index=True, key=f"examples of {name}")
        with st.expander("The same twice"):
            st.dataframe(cells(words.duplicate_rows(sheet)), hide_index=True)

    def counts(self, sheet: dict[str, Any]) -> None:
        """Further lines under “Counts and missing values”."""


def examples(manifest: dict[str, Any], each: int = 6) -> dict[str, list[int]]:
    """{class: the first rows of train}, at most ten classes; of a number {its range: rows of train} along it."""
    told = manifest.get("target") or {}
    if told.get("type") == "number":
        table = service().table(manifest["table"]["sha256"], ["target", "split"]).slice(0, LOOKED)
        numbers, splits = table["target"].to_pylist(), table["split"].to_pylist()
        return words.examples_of_numbers(numbers, splits, told["unit"], each)
    table = service().table(manifest["table"]["sha256"], ["label", "split"]).slice(0, LOOKED)
    return words.examples(table["label"].to_pylist(), table["split"].to_pylist(), manifest["classes"], each)


def records(name: str, rows: list[int]) -> list[dict[str, Any]]:
    """These rows of a data set as records, with their number."""
    return [{"Row": row, **one.body} for row, one in zip(rows, service().cells(name, rows), strict=True)]


SHEET = Sheet()
