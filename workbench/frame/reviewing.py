"""The panel of a review on a page: how it stands and, for who may, the form that asks for it or decides."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.control.people.permissions import LOCAL, Caller
from backend.control.runs.states import ENDED
from backend.control.service import NotFound

from ..verdicts import reviews as words
from .form_actions import write
from .login import signed_in
from .page import plain
from .session import server, service


def of_run(run: str) -> None:
    panel(f"run:{run}", run)


def of_finding(run: str, kind: str, key: str) -> None:
    panel(f"finding:{run}:{kind}:{key}", run)


def of_report(run: str) -> None:
    panel(f"report:{run}", run)


def panel(what: str, run: str) -> None:
    """State, who, when, void or not; the forms while somebody may act. Nothing where there is nothing to review."""
    try:
        one = service().reviews.of(what)
    except NotFound:
        return
    caller = signed_in()
    if caller is None or service().run(run)["state"] not in ENDED:
        return
    with st.container(border=True):
        line = f"**Human review** · {plain(words.sentence(one))}"
        (st.warning if one["state"] == "void" else st.markdown)(line)
        if told := words.evidence(one):
            st.caption(plain(told))
        if caller.may("review"):
            decide(one, caller)
        if caller != LOCAL and caller.may("ask") and one["state"] not in ("approved", "pending"):
            ask(what)


def ask(what: str) -> None:
    with st.expander("Ask for a review"), st.form(f"ask/{what}", border=False):
        note = st.text_input("What should the reviewer look at?", max_chars=500, key=f"note/{what}")
        if st.form_submit_button("Ask for a review", key=f"ask_now/{what}"):
            write(lambda: service().reviews.ask(what, note))


def decide(one: dict[str, Any], caller: Caller) -> None:
    """The reviewer's form. What was on the page when it was drawn is what the decision must still find."""
    what, single = one["what"], caller == LOCAL
    barred = words.why_not(one, caller.name, single)
    if barred:
        st.caption(plain(barred))
        if not single:
            return
    elif caution := words.warning(one, server().people.set_by(caller.name)):
        st.caption(plain(caution))
    looked_at = st.session_state.get(f"seen/{what}")
    st.session_state[f"seen/{what}"] = one["seen"]
    with st.expander("Decide"), st.form(f"decide/{what}", border=False, clear_on_submit=True):
        choices = list(words.MAKES)
        decision = st.radio("Decision", choices, format_func=words.MAKES.get, horizontal=True, key=f"decision/{what}")
        reason = st.text_area("Reason", max_chars=2_000, height=80, key=f"reason/{what}", help=words.WHEN_NEEDED)
        password = None
        if _signs_with_password(caller):
            password = st.text_input("Your password, it signs", type="password", key=f"password/{what}")
        if st.form_submit_button("Sign the decision", type="primary", key=f"sign/{what}"):
            write(lambda: service().reviews.decide(what, decision, reason, password=password, seen=looked_at))


def _signs_with_password(caller: Caller) -> bool:
    people = server().people
    return people.accounts and people.person(caller.name).held == "password"
