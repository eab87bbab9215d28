"""Where would this land? An example of the person's own, placed on the map among its true neighbours."""

from __future__ import annotations

import hashlib

import streamlit as st

from backend.workspace.layout import BadInput

from ..frame.page import plain
from ..verdicts import maps as words
from . import evidence
from .looking import View
from .maps import Map, placed_key, placed_on


def ask(view: View, one: Map) -> None:
    """The form: an example is uploaded or typed, and the encoder says where it belongs on this map."""
    if not view.modality.items.placed or one.arm != "ssl" or one.dimensions != 2 or one.step is not None:
        return  # only the finished encoder is kept with its features
    with st.expander("Where would this land?", icon=":material/add_location_alt:"):
        payload, what = view.modality.items.given()
        go, clear = st.columns([1, 6])
        if go.button("Place it", type="primary", disabled=not payload, key="place"):
            _place(view, one, payload, what)
        if told := placed_on(one):
            clear.button("Take it off the map", key="unplace", on_click=st.session_state.pop, args=(placed_key(one),))
            st.markdown(f"**{plain(told['what'])}**: {plain(words.placed(told['scatter']))}")


def neighbours(view: View, one: Map) -> None:
    """The true neighbours of what was placed, as items, the nearest first."""
    told = placed_on(one)
    if told is None:
        return
    st.markdown(f"## Nearest to “{plain(told['what'])}”")
    view.modality.items.near(view, list(zip(told["rows"], told["cosine"], strict=True)), "placed_near")
    st.caption(
        "Cosine similarity in the pretrained encoder's own space, among the rows of this map; they are ringed. The "
        "place is their mean on the map, weighted by similarity: the map itself is not made again."
    )


def _place(view: View, one: Map, payload: bytes, what: str) -> None:
    try:
        with st.spinner("The encoder looks at it …"):
            told = evidence.place(one, view.run["dataset"], view.modality.items.asked(payload))["result"]
    except BadInput as problem:
        st.error(plain(str(problem)))
        return
    first = {name: told[name][0] for name in ("rows", "cosine", "place", "scatter")}
    st.session_state[placed_key(one)] = {"what": what, "sha256": hashlib.sha256(payload).hexdigest(), **first}
