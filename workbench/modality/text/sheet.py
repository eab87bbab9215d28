"""The parts of the data page that only texts have: examples, lengths, scripts, who is mentioned, duplicates."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.data.identity import holds_slur

from ...frame.figures import show_chart
from ...frame.page import plain
from ...frame.safe import cells, visible
from ...frame.session import service
from ...frame.visit import of
from ...verdicts import data as data_words
from .._sheet import EACH, Sheet
from .._sheet import examples as examples_of
from . import charts, words


class TextSheet(Sheet):
    def draw(self, manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
        examples(manifest, sheet)
        duplicates(manifest, sheet)
        contents(manifest, sheet)


def examples(manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
    """The beginnings of a few training texts of each class."""
    with st.expander("Examples", expanded=True):
        key = of(manifest["name"], "show_slurs")
        show = sheet["offensive"] > 0 and st.checkbox("Show texts that hold a slur", key=key)
        for name, found in examples_of(manifest, EACH).items():
            st.markdown(f"**{plain(name)}**")
            _texts(manifest["name"], found, show)


def duplicates(manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
    """How many texts stand twice, and some of those that stand in two splits."""
    with st.expander("The same text twice"):
        st.dataframe(cells(data_words.duplicate_rows(sheet)), hide_index=True)
        st.caption(
            "Exact: the same but for case and white space. Near: four fifths of their runs of three words agree."
        )
        show = st.session_state.get(of(manifest["name"], "show_slurs"), False)
        for caption, rows in data_words.pairs(sheet, same=words.WORDS.repeated):
            st.caption(f"{plain(caption)} (rows {rows[0]:,} and {rows[1]:,})")
            _texts(manifest["name"], rows, show)


def contents(manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
    """Lengths, scripts, and who is mentioned."""
    left, right = st.columns(2)
    show_chart(left, charts.lengths(sheet, "words"), width="stretch", key="lengths_words")
    show_chart(right, charts.lengths(sheet, "characters"), width="stretch", key="lengths_characters")
    with st.expander("Lengths and scripts"):
        st.dataframe(cells(words.length_rows(sheet)), hide_index=True)
        st.dataframe(cells(words.script_rows(sheet)), hide_index=True)
        st.caption(words.SCRIPT_NOTE)
    st.markdown(f"**Who is mentioned.** {plain(words.mention_line(sheet))}")
    rows = words.mention_rows(sheet, manifest["classes"])
    if rows:
        _mentions(manifest, sheet, rows)


def _mentions(manifest: dict[str, Any], sheet: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    classes = manifest["classes"]
    st.caption(plain(words.MENTION_NOTE))
    left, right = st.columns(2)
    show_chart(left, charts.mentions(sheet, classes), width="stretch", key="mentions")
    if classes:
        named = words.attributes(rows)
        attribute = right.selectbox("Classes of the texts that name", named, key=of(manifest["name"], "mentioned"))
        figure = charts.mentioned_classes(sheet, attribute, classes)
        show_chart(right, figure, width="stretch", key="mentioned_classes")
    with st.expander("Mentions in numbers"):
        st.dataframe(cells(rows), hide_index=True)


def _texts(name: str, rows: list[int], show: bool) -> None:
    for text in service().texts(name, rows):
        st.text(visible(words.excerpt(text), lines=True) if show or not holds_slur(text) else words.HIDDEN)


SHEET = TextSheet()
