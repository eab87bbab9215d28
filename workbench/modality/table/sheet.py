"""The parts of the data page that only tables have, one view a question: leaks first, then columns, gaps, pairs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ...frame.figures import show_chart
from ...frame.page import plain
from ...frame.safe import cells, visible
from ...frame.visit import of
from .._sheet import Sheet
from . import sheet_charts as charts
from . import sheet_words as words

BARE = {"displaylogo": False}


class TableSheet(Sheet):
    def draw(self, manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
        if "describe" in sheet:
            leaks(manifest, sheet)
            columns(manifest, sheet)
            missing(manifest, sheet)
            together(sheet)
        super().draw(manifest, sheet)

    def counts(self, sheet: dict[str, Any]) -> None:
        st.dataframe(cells(words.column_rows(sheet)), hide_index=True, key="columns")


def leaks(manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
    """Columns that a person has to vouch for, or that there are none."""
    st.header("Does a column give the answer away?", anchor=False)
    rows = words.leak_rows(sheet)
    if rows:
        st.dataframe(cells(rows), hide_index=True, width="stretch", key="leaks")
    else:
        st.markdown(plain(words.clean(manifest)))
    st.caption(plain(words.GUARDS))


def columns(manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
    """One column's distribution, by class or group."""
    known = sheet["describe"]["distributions"]
    if not known:
        return
    st.header("How is a column distributed?", anchor=False)
    left, right = st.columns(2)
    suspects = [one["column"] for one in sheet["leaks"] if one["column"] in known]
    names = words.names(sheet)
    place = names.index(suspects[0]) if suspects else 0
    name = left.selectbox("Column", names, index=place, format_func=visible, key=of(manifest["name"], "column"))
    by = _by(right, manifest, sheet, "distributed_by")
    called = words.named(by, manifest)
    one = known[name] | {"classes": words.in_order(known[name]["classes"], sheet)}
    figure = charts.distribution(name, one, by, called)
    show_chart(st, figure, width="stretch", key="distributed", config=BARE)
    gone = known[name]["missing"]
    said = f"Without a value: {words.share(gone, sheet['describe']['rows'])} of the rows. " if gone else ""
    st.caption(plain(said + words.looked_at(sheet)))
    if constant := words.constant_rows(sheet):
        with st.expander(f"Columns that hardly vary ({len(constant)})"):
            st.dataframe(cells(constant), hide_index=True, key="near_constant")


def missing(manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
    """Which columns lack values, for whom, and which lack them together."""
    if not sheet["describe"]["missing"]["columns"]:
        return
    st.header("What is missing, and for whom?", anchor=False)
    by = _by(st, manifest, sheet, "missing_by")
    figure = charts.missing(sheet, by, words.named(by, manifest))
    show_chart(st, figure, width="stretch", key="missing", config=BARE)
    with st.expander("Missing values in numbers, and which are missing together"):
        st.dataframe(cells(words.missing_rows(sheet, by)), hide_index=True, key="missing_rows")
        st.dataframe(cells(words.pattern_rows(sheet)), hide_index=True, key="missing_patterns")


def together(sheet: dict[str, Any]) -> None:
    """Which columns say the same."""
    if len(sheet["describe"]["correlations"]["columns"]) < 2:
        return
    st.header("Which columns go together?", anchor=False)
    show_chart(st, charts.together(sheet), width="stretch", key="together", config=BARE)
    with st.expander("The strongest pairs, with their intervals"):
        st.dataframe(cells(words.pair_rows(sheet)), hide_index=True, key="pairs")
    st.caption(words.HOW)


def _by(place: Any, manifest: dict[str, Any], sheet: dict[str, Any], key: str) -> str:
    """The class or attribute that a person splits by; "" for all rows together."""
    choices = [*words.by(manifest, sheet), ""]
    return place.selectbox(
        "By",
        choices,
        format_func=lambda one: visible(words.named(one, manifest)) if one else words.EVERY,
        key=of(manifest["name"], key),
    )


SHEET = TableSheet()
