"""The bias page's part on a kept selection: the slice against all other test rows."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput

from ..explorer.maps import predictions_digest
from ..frame.page import headline, link, plain
from ..frame.safe import cells, visible
from ..frame.session import service
from ..frame.visit import addressed, of
from ..verdicts import slices as words

NO_SELECTION = "none"


def wanted(run: dict[str, Any]) -> dict[str, Any] | None:
    """The kept selection that the page's address names, or that the person picks; None where none is asked for."""
    saved = {one["name"]: one for one in service().selections(run["run"])}
    named = st.query_params.get("selection")
    if named and named not in saved:
        st.warning(plain(words.unknown(named)))
    if not saved:
        return None
    told = addressed("selection", of(run["run"], "slice"), list(saved), NO_SELECTION)
    chosen = st.selectbox("Slice: a selection kept on the map", [NO_SELECTION, *saved], format_func=visible, **told)
    return saved.get(chosen)


def section(run: dict[str, Any], one: dict[str, Any], question: str) -> None:
    """The slice's own verdict, its rates beside the rest's, and what such a test can claim."""
    digest = predictions_digest(run["run"])
    if digest is None:
        st.info("This run has no predictions to compare: its recipe leaves out the study, which makes them.")
        return
    try:
        with st.spinner("Comparing the slice with the rest …"):
            result = answer(run, one, digest)
    except BadInput as problem:
        st.error(plain(str(problem)))
        return
    headline(question, words.sentence(one["name"], result), words.evidence(result))
    st.warning(words.CHOSEN_BY_EYE)
    if result["groups"]:
        st.dataframe(cells(words.rows(result)), hide_index=True, width="stretch", key="slice_rates")
        st.caption(plain(words.summary(result)))
        st.caption(words.METHOD + (f" {words.CLUSTERED}" if result["clustered"] else ""))
    link(
        "explain",
        "Explain this slice",
        icon=":material/center_focus_strong:",
        run=run["run"],
        selection=one["name"],
    )
    st.divider()


def answer(run: dict[str, Any], one: dict[str, Any], predictions: str) -> dict[str, Any]:
    """The warm worker's answer for this version of the selection, kept for the session. Raises BadInput."""
    known = st.session_state.setdefault("slices", {})
    key = (run["run"], one["rows_sha256"], predictions)
    if key not in known:
        fairness = run["recipe"]["fairness"]
        asked = {"kind": "slice", "dataset": service().dataset(run["dataset"]), "predictions": predictions}
        asked |= {"rows": one["rows"], "selection": {name: one[name] for name in ("run", "name", "version", "leaf")}}
        known[key] = service().ask(asked | {"min_group": fairness["min_group"]}, timeout=120)["result"]
    return known[key]
