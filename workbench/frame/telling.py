"""A notice of the browser when a run ends, on whichever page of the workbench a person is by then.

The toggle stands at the side. While it is on, a fragment of the page looks every few seconds which of the runs that
were at work have ended; the browser is told of them, and shows each once. It needs the page to be open, and the
browser's leave: over plain HTTP browsers give it to this machine's own address alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from ..verdicts import run as words
from .page import plain
from .safe import visible
from .session import service

EVERY = 3.0  # seconds between two looks
ASKED, AT_WORK, TOLD = "tell_when_a_run_ends", "notices_at_work", "notices_told"
JS = """
const shown = window.__workbench_notices ??= new Set();
export default function ({ data, setStateValue }) {
  const allowed = () => ("Notification" in window) ? Notification.permission : "none";
  const tell = () => {
    if (allowed() !== "granted") return;
    for (const one of data.ended) {
      if (shown.has(one.key)) continue;
      shown.add(one.key);
      new Notification(one.title, { body: one.body, tag: one.key });
    }
  };
  const answer = () => { if (data.leave !== allowed()) setStateValue("leave", allowed()); };
  if (allowed() === "default") Notification.requestPermission().then(() => { answer(); tell(); });
  else { answer(); tell(); }
}
"""
REFUSED = {
    "denied": "The browser does not let this page show notices: allow it in the settings of the page's address.",
    "none": "The browser shows notices of pages over HTTPS alone, or of this machine's own address.",
}
_mount = st.components.v2.component("ssl_workbench_notices", js=JS)


def section(jobs: Iterable[dict[str, Any]]) -> None:
    """The toggle, and while it is on what tells the browser. jobs: the runs as the page found them."""
    asked = st.toggle("Notice when a run ends", key=ASKED, persist_state="session")
    if not asked:
        st.session_state.pop(AT_WORK, None)
        return
    live = any(run["state"] in words.LIVE for run in jobs if run["kind"] != "interactive")
    st.fragment(_look, run_every=EVERY if live else None)()


def _look() -> None:
    ended, at_work = words.ended_since(st.session_state.get(AT_WORK, frozenset()), service().runs())
    told = st.session_state[TOLD] = [*st.session_state.get(TOLD, []), *map(_notice, ended)]
    st.session_state[AT_WORK] = at_work
    leave = dict(st.session_state.get("notices") or {}).get("leave")
    _mount(key="notices", data={"ended": told, "leave": leave}, on_leave_change=lambda: None)
    if leave in REFUSED:
        st.caption(plain(REFUSED[leave]))


def _notice(run: dict[str, Any]) -> dict[str, str]:
    key = f"{run['run']} {run['attempt']}"
    return {"key": key, "title": visible(words.name(run)), "body": visible(words.sentence(run))}
