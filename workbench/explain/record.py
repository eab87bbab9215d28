"""What the record holds of an arm's explanations, and how the warm worker is asked for more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput

from ..frame.fields import Wrong, number
from ..frame.login import lock
from ..frame.numbers import Range
from ..frame.page import link, plain
from ..frame.safe import visible
from ..frame.session import service
from ..frame.visit import of
from ..verdicts import slices

SELECTION = "Saved selection"  # where a person finds it among what may be explained
AT_ONCE = 6  # examples of a selection that are explained together


@dataclass(frozen=True)
class Explained:
    """One arm of a run. methods: {method: body of `attribution`}; controls: body of `attribution.controls`, None until
    written; files: {method or control: SHA-256 of its maps or scores}."""

    run: dict[str, Any]
    arm: str
    manifest: dict[str, Any]
    methods: dict[str, dict[str, Any]]
    controls: dict[str, Any] | None
    files: dict[str, str]

    @property
    def classifier(self) -> str:
        """SHA-256 of the classifier that was explained."""
        events = service().events(self.run["run"], "classifier")
        return next(e["subjects"][0]["sha256"] for e in events if e["body"]["arm"] == self.arm)


def read(run: dict[str, Any], arm: str) -> Explained:
    events = [e for e in service().events(run["run"], "attribution") if e["body"]["arm"] == arm]
    tested = service().latest(run["run"], "attribution.controls", arm)
    subjects = [s for e in [*events, *([tested] if tested else [])] for s in e["subjects"]]
    methods = {e["body"]["method"]: e["body"] for e in events}
    manifest = service().dataset(run["dataset"])
    return Explained(run, arm, manifest, methods, tested and tested["body"], files(subjects))


def files(subjects: list[dict[str, Any]]) -> dict[str, str]:
    """{method or control: SHA-256} of the subjects of explanations."""
    return {s["role"].rsplit("/", 1)[-1]: s["sha256"] for s in subjects}


def ask_once(question: dict[str, Any], key: tuple, doing: str) -> dict[str, Any] | None:
    """The warm worker's answer, remembered for this session under `key`; None after an error that is shown."""
    known = st.session_state.setdefault("explained", {})
    if key not in known:
        try:
            with st.spinner(f"{doing} …"):
                known[key] = service().ask(question, timeout=120)
        except BadInput as error:
            st.error(plain(str(error)))
            return None
    return known[key]


def pick_selection(run: dict[str, Any]) -> list[int]:
    """Rows of a kept selection, AT_ONCE of them, that the person asks to explain; empty until then.

    One that the page's address names is asked for already: the person came by its link.
    """
    kept = {s["name"]: s["rows"] for s in service().selections(run["run"])}
    named = st.query_params.get("selection")
    if named and named not in kept:
        st.warning(plain(slices.unknown(named)))
    if not kept:
        st.info("No saved selection of this run: draw one on the map of the embeddings and save it.")
        link("embeddings", "Open the map", run=run["run"])
        return []
    box, opened, asked = (of(run["run"], name) for name in ("selection", "explained by link", "asked selection"))
    if named in kept and (box not in st.session_state or st.session_state.get(opened) != named):
        st.session_state[box] = st.session_state[opened] = named
    choose, browse = st.columns([4, 2], vertical_alignment="bottom")
    name = choose.selectbox("Selection", list(kept), format_func=visible, key=box)
    rows = kept[name]
    parts = max(1, -(-len(rows) // AT_ONCE))
    taken, key = Range(1, parts, whole=True), of(run["run"], f"part {name}")
    part = number(f"Part, of {parts:,}", 1, taken, key, place=browse) if parts > 1 else 1
    if isinstance(part, Wrong):
        return []
    start = AT_ONCE * (part - 1)
    here = rows[start : start + AT_ONCE]
    st.caption(f"Rows {start + 1:,} to {start + len(here):,} of the {len(rows):,} in this selection, by row number.")
    if name != named and st.button("Explain these", type="primary", key="ask_selection", **lock("ask")):
        st.session_state[asked] = name
    return here if name in (named, st.session_state.get(asked)) else []


def pick_row(shown: Explained) -> list[int]:
    taken, key = Range(0, shown.manifest["count"] - 1, whole=True), of(shown.run["run"], "other row")
    row = number("Row of the data set", None, taken, key, optional=True, empty="")
    return [row] if isinstance(row, int) else []
