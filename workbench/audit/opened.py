"""One event of the ledger, opened."""

from __future__ import annotations

import json

import streamlit as st

from ..frame.form_actions import write
from ..frame.login import lock
from ..frame.page import link, link_to, plain
from ..frame.safe import cells
from ..frame.session import service
from ..verdicts import audit as words


def opened(leaf: int) -> None:
    """One event in words, its files, its proof, and for an administrator the way to erase what is personal in it."""
    event = service().search.event(leaf)
    st.markdown(f"### Event {leaf:,}: {plain(event['kind'])}")
    st.caption(plain(words.event(event)))
    st.dataframe(cells(words.content(event)), hide_index=True, key=f"content_{leaf}")
    if event["subjects"]:
        st.dataframe(cells(words.files(event)), hide_index=True, key=f"files_{leaf}")
    if event["kind"].startswith("sweep."):
        link("sweep", f"Open {plain(event['run'])}", sweep=event["run"])
    elif event["run"]:
        link_to(service().run(event["run"]))
    _proof(leaf)
    if event.get("redacted") is False:
        _erase(leaf)


def _proof(leaf: int) -> None:
    """The proof stays while its event is open; asked for again, it is one in the tree as it is then."""
    if st.button("Prove that it is in the record", icon=":material/account_tree:", key=f"prove_{leaf}"):
        st.session_state["proof"] = service().search.inclusion(leaf)
    proof = st.session_state.get("proof")
    if proof and proof["leaf"] == leaf:
        st.caption(plain(words.proof(proof)))
        payload = json.dumps(proof, indent=1)
        st.download_button("The proof as JSON", payload, f"leaf-{leaf}.json", "application/json", key=f"get_{leaf}")


def _erase(leaf: int) -> None:
    with st.expander("Erase what is personal in this event"):
        st.caption(
            "The payload is deleted for good; the event, its hash and every proof stay. The erasure is an event."
        )
        reason = st.text_input("Reason", max_chars=500, key=f"reason_{leaf}")
        if st.button("Erase", key=f"erase_{leaf}", **lock("redact", disabled=not reason.strip())):
            write(lambda: service().trail.redact(leaf, reason))
