"""This machine, on Home: queue, devices, memory and disk."""

from __future__ import annotations

import streamlit as st

from ..frame.page import plain
from ..frame.safe import cells
from ..frame.session import service
from ..verdicts import machine as words


def section() -> None:
    """Folded while nothing is wrong."""
    state, size = service().machine.state(), _size(str(service().workspace.root))
    if line := words.warning(state):
        st.warning(plain(line), icon=":material/hard_drive:")
    with st.expander(plain(f"This machine: {words.headline(state)}"), icon=":material/memory:"):
        runs = {run["run"]: run for run in service().runs()}
        st.caption(plain(words.room(state, size)))
        st.dataframe(cells(words.device_rows(state, runs)), hide_index=True)
        if waiting := words.queue_rows(state, runs):
            st.dataframe(cells(waiting), hide_index=True)


@st.cache_data(ttl=60, max_entries=4, show_spinner=False)
def _size(workspace: str) -> int:
    return service().machine.size()
