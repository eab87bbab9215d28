"""The part of "Did pretraining help?" that holds this run against another one on the same data."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput

from ..frame.page import plain
from ..frame.safe import marked
from ..frame.session import service
from ..frame.visit import of
from ..verdicts import compare_runs as words
from .asking import comparable, question


def section(run: str) -> None:
    """Nothing where no other run has a study on the same data."""
    others = comparable(service(), run)
    if not others:
        return
    st.markdown("## This run against another")
    chosen = st.selectbox(
        "Another run on the same data",
        others,
        index=None,
        format_func=_titled,
        placeholder="Choose a run",
        key=of(run, "against_run"),
    )
    if chosen is None:
        return
    try:
        found = compared(chosen, run)
    except BadInput as error:
        st.warning(plain(str(error)))
        return
    titles = _titled(chosen), _titled(run)
    st.markdown(f"**{plain(words.sentence(found, titles))}**")
    st.table(marked(words.rows(found, titles)))
    st.caption(plain(words.evidence(found)))


def _titled(run: str) -> str:
    return f"{service().run(run)['title'] or 'untitled'} ({run})"


def compared(first: str, second: str) -> dict[str, Any]:
    """The warm worker's answer, kept for the session. Raises BadInput."""
    known = st.session_state.setdefault("compared", {})
    if (first, second) not in known:
        with st.spinner("Comparing the two runs …"):
            known[first, second] = service().ask(question(service(), first, second), timeout=120)["result"]
    return known[first, second]
