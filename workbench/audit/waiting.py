"""Reviews that wait for a decision, each with the way to the page where it is taken."""

from __future__ import annotations

import streamlit as st

from ..frame.page import link, plain
from ..frame.session import service
from ..verdicts import reviews as words

PAGE = {
    "run": ("run", "Open the run"),
    "report": ("report", "Open the report"),
    "finding": ("bias", "Open the finding"),
}


def show() -> None:
    pending = service().reviews.pending()
    st.markdown("## Waiting for a decision")
    if not pending:
        st.caption("No review waits. A scientist asks for one on Run, Bias or Report.")
    for one in pending:
        kind, run = one["what"].split(":")[:2]
        name, label = PAGE[kind]
        left, right = st.columns([5, 2], vertical_alignment="center")
        left.markdown(plain(words.sentence(one)))
        with right:
            link(name, label, run=run)
