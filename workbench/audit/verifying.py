"""A verification on the page: how far it is, how long it still takes, and the way to stop it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from ..frame.page import plain
from ..frame.session import service
from ..verdicts import audit as words

WINDOW = 5.0  # seconds over which the pace is taken: events go by faster than files
EVERY = 0.2  # seconds between two looks at the bar


class Pace:
    """How long it still takes at the pace of the last seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque([(clock(), 0)])

    def left(self, done: int, total: int) -> float | None:
        """Seconds; None while nothing can be said."""
        now = self._clock()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[1][0] >= WINDOW:
            self._seen.popleft()
        then, before = self._seen[0]
        return (total - done) * (now - then) / (done - before) if done > before and now - then >= 1 else None


def verify() -> None:
    """Verify while the page waits. Any click ends it, and Streamlit says so by raising in `bar.progress`."""
    st.session_state["verifying"] = True
    bar = st.progress(0.0, text="Recomputing the ledger …")
    st.button("Cancel", icon=":material/cancel:", key="cancel_verify")
    pace, drawn = Pace(), time.monotonic()

    def advance(done: int, total: int) -> None:
        nonlocal drawn
        if time.monotonic() - drawn >= EVERY:
            drawn = time.monotonic()
            bar.progress(
                min(1.0, done / max(total, 1)), text=plain(words.progress(done, total, pace.left(done, total)))
            )

    st.session_state["verification"] = service().verify(advance)
    st.session_state["verified"] = datetime.now(UTC).strftime("%H:%M UTC")
    del st.session_state["verifying"]
    st.rerun()


def stopped() -> None:
    """Say so where the last verification was ended before it was through."""
    if st.session_state.pop("verifying", False):
        st.info("That verification was stopped before its end, so it says nothing about the record.")
