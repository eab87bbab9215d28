"""Buttons that start something once, however often they are clicked before the page answers.

A second click sends a second run of the script, which ends the first at its next call of Streamlit. What was started by
then counts: the button has another key from there on, so that the click belongs to a button that is no more, and
whoever waits is led to the run that was started.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from .page import go

STARTED = "started_run"


def pressed(place: Any, label: str, key: str, **look: Any) -> bool:
    """Draw the button; whether it was clicked. What it starts belongs within `acting`."""
    turn = st.session_state.get(_turns(key), 0)
    return place.button(label, key=f"{key} {turn}" if turn else key, **look)


@contextmanager
def acting(key: str) -> Iterator[None]:
    """Around what a click starts, and nothing that draws; where that is refused, the button stays as it was."""
    turn = st.session_state.get(_turns(key), 0)
    st.session_state[_turns(key)] = turn + 1
    try:
        yield
    except Exception:
        st.session_state[_turns(key)] = turn
        raise


def started(run: str) -> None:
    """Remember, within `acting`, the run that was started."""
    st.session_state[STARTED] = run


def follow() -> None:
    """Lead to the run that was started, if the page there has not been drawn yet."""
    if run := st.session_state.get(STARTED):
        go("run", run=run)


def arrived() -> None:
    st.session_state.pop(STARTED, None)


def _turns(key: str) -> str:
    return f"turns of {key}"
