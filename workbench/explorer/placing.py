"""Where would this land? A picture or a text of the person's own, placed on the map among its true neighbours."""

from __future__ import annotations

import hashlib

import streamlit as st

from backend.workspace.layout import BadInput

from ..frame.page import plain
from ..serve import uploading
from ..verdicts import maps as words
from . import evidence, texts
from .columns import frame
from .maps import Map, placed_key, placed_on
from .panels import View, name_of, pictures

MOST_MB = 10  # of an uploaded picture; the worker refuses more too
MOST_CHARACTERS = 2_000
HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")  # of PNG and JPEG


def ask(view: View, one: Map) -> None:
    """The form: a picture is uploaded or a text typed, and the encoder says where it belongs on this map."""
    if one.arm != "ssl" or one.dimensions != 2 or one.step is not None:
        return  # only the finished encoder is kept with its features
    with st.expander("Where would this land?", icon=":material/add_location_alt:"):
        if view.of_text:
            given = st.text_area("A text of yours", max_chars=MOST_CHARACTERS, key="place_text", height=70).strip()
            payload, what = given.encode(), texts.cut(given, 40)
        else:
            file = st.file_uploader(
                "A PNG or JPEG picture", ["png", "jpg", "jpeg"], max_upload_size=MOST_MB, key="file"
            )
            payload, what = (uploading.content(file, MOST_MB * 1_000_000), file.name[:40]) if file else (b"", "")
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
    st.markdown(f"#### Nearest to “{plain(told['what'])}”")
    found = list(zip(told["rows"], told["cosine"], strict=True))
    if view.of_text:
        texts.near(view.run["dataset"], view.source, found, view.show, "placed_near")
    else:
        table = frame(view.source)
        says = [f"{cosine:.3f} · {name_of(table, row)}" for row, cosine in found]
        pictures(view.run, told["rows"], says)
    st.caption(
        "Cosine similarity in the pretrained encoder's own space, among the rows of this map; they are ringed. The "
        "place is their mean on the map, weighted by similarity: the map itself is not made again."
    )


def checked_picture(payload: bytes) -> bytes:
    """A PNG or JPEG by its first bytes and size; what is in it the worker decodes, with limits of its own."""
    if len(payload) > MOST_MB * 1_000_000:
        raise BadInput(f"picture: expected at most {MOST_MB} MB, found more")
    if not payload.startswith(HEADS):
        raise BadInput(f"picture: expected PNG or JPEG, found bytes that begin {payload[:8].hex(' ')}")
    return payload


def _place(view: View, one: Map, payload: bytes, what: str) -> None:
    try:
        with st.spinner("The encoder looks at it …"):
            asked = {"texts": [payload.decode()]} if view.of_text else {"image": checked_picture(payload)}
            told = evidence.place(one, view.run["dataset"], **asked)["result"]
    except BadInput as problem:
        st.error(plain(str(problem)))
        return
    first = {name: told[name][0] for name in ("rows", "cosine", "place", "scatter")}
    st.session_state[placed_key(one)] = {"what": what, "sha256": hashlib.sha256(payload).hexdigest(), **first}
