"""Annex IV point by point: how far each one stands, every field with its values, and a place to complete it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ..frame.form_actions import write
from ..frame.login import lock
from ..frame.page import plain
from ..frame.safe import cells, marked, visible
from ..frame.session import service
from ..frame.visit import of
from ..verdicts import dossier as words

CHARACTERS = 20_000  # as backend/audit/dossier/entries.py


def overview(document: dict[str, Any]) -> None:
    """A bar for every point, and what is open."""
    ids = [point["id"] for point in document["points"]]
    for row in (ids[i : i + 3] for i in range(0, len(ids), 3)):
        for column, id_ in zip(st.columns(3, vertical_alignment="bottom"), row, strict=False):
            column.progress(words.far(document, id_), text=plain(words.point_name(document, id_)))
    if document["open"]:
        with st.expander(f"What is open ({len(document['open'])})", icon=":material/pending_actions:"):
            st.markdown("\n".join(f"- {plain(line)}" for line in document["open"]))


def show(run: str, document: dict[str, Any]) -> None:
    """One point, chosen by the person: its fields."""
    ids = [point["id"] for point in document["points"]]
    chosen = st.selectbox(
        "Point of Annex IV",
        ids,
        format_func=lambda id_: visible(words.point_name(document, id_)),
        key=of(run, "dossier_point"),
    )
    for field in next(point["fields"] for point in document["points"] if point["id"] == chosen):
        with st.container(border=True):
            _field(run, field)
    with st.expander("Crosswalk to NIST AI RMF and ISO/IEC 42001"):
        st.dataframe(cells(words.crosswalk_rows(document)), hide_index=True)


def _field(run: str, field: dict[str, Any]) -> None:
    state, colour = words.STATES[field["state"]]
    title, badge = st.columns([3, 2], vertical_alignment="center")
    title.markdown(f"**{plain(field['id'])} {plain(field['title'])}**")
    badge.badge(state, color=colour)
    st.caption(plain(words.duty(field)))
    if field["values"]:
        st.table(marked(words.value_rows(field)), border="horizontal", hide_index=True)
        with st.expander("Queries that find these values in the ledger"):
            st.code(visible(words.queries(field), lines=True), language="sql", wrap_lines=True)
    if field["class"] == "A" and field["state"] == "gap":
        st.warning("The run recorded nothing for this field.")
    if field["class"] != "A" or field["person"]:
        _person(run, field)
    else:
        with st.expander("Add a remark"):
            _person(run, field)


def _person(run: str, field: dict[str, Any]) -> None:
    """A text area with what a person wrote; saving writes an event, the newest counts."""
    person = field["person"]
    version = person["leaf"] if person else "none"
    with st.form(f"field_{run}_{field['id']}_{version}", border=False):
        text = st.text_area(
            "Remark" if field["class"] == "A" else "In your words",
            value=person["text"] if person else "",
            max_chars=CHARACTERS,
            placeholder="What the record cannot say",
            height=90,
        )
        if person:
            st.caption(plain(words.written(person)))
        for_all = st.checkbox("For every run of this workspace", bool(person and person["scope"] == "workspace"))
        if st.form_submit_button("Save", icon=":material/save:", **lock("report")):
            scope = "workspace" if for_all else "run"
            write(lambda: service().dossiers.answer(run, field["id"], text, scope=scope))
