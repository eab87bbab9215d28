"""Versions of a dossier: build the next one, see what there is, compare two of them field by field."""

from __future__ import annotations

import streamlit as st

from ..frame.form_actions import write
from ..frame.login import lock
from ..frame.page import plain
from ..frame.safe import cells, marked
from ..frame.session import service
from ..frame.visit import of
from ..verdicts import dossier as words


def show(run: str) -> None:
    versions = service().dossiers.versions(run)
    label = f"Build version {len(versions) + 1}"
    if st.button(label, type="primary", icon=":material/inventory_2:", key="build_dossier", **lock("report")):
        with st.spinner("Verifying the record and keeping the dossier …"):
            write(lambda: service().dossiers.build(run))
    if not versions:
        st.info("No version is built yet. A version is a file with a digest: what a reviewer signs and a reader gets.")
        return
    st.dataframe(cells(words.version_rows(versions)), hide_index=True)
    if len(versions) > 1:
        _compare(run, [version["version"] for version in versions])


def _compare(run: str, numbers: list[int]) -> None:
    st.markdown("## Two versions, field by field")
    a, b = st.columns(2)
    first = a.selectbox("From version", numbers, index=1, key=of(run, "compare_first"))
    second = b.selectbox("To version", numbers, index=0, key=of(run, "compare_second"))
    changes = service().dossiers.compare(run, first, second)
    st.markdown(plain(words.changes_sentence(changes, first, second)))
    if changes:
        st.table(marked(words.change_rows(changes, first, second)), hide_index=True)
