"""How far the maps can be trusted, and whose true neighbours differ between the encoders of two maps."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from backend.workspace.layout import BadInput

from ..page import plain
from ..verdicts import maps as words
from . import evidence, maps, texts
from .maps import Map
from .panels import View, pictures

PICTURES = 12  # of the points that changed most


def trusted(shown: Map) -> None:
    """One line each on the neighbour graph, the distances between classes and another seed, as far as known."""
    graph = maps.neighbours_event(shown.run, shown.arm)
    said = [words.graph(graph["body"])] if graph else []
    for kind, sentence in (("distances", words.distances), ("stability", words.stability)):
        if event := evidence.beside(shown, kind):
            said.append(sentence(event["body"]))
    if said:
        st.caption(plain("  \n".join(said)))


def changed(view: View, shown: Map, other: Map) -> None:
    """Points ranked by how much their true neighbours differ between the encoders of two maps; needs no map, and takes
    a while, so a person asks for it."""
    if (shown.run, shown.arm) == (other.run, other.arm):
        return
    st.markdown("#### Whose true neighbours changed?")
    key = f"changed {shown.run} {shown.arm} {other.run} {other.arm}"
    if key not in st.session_state:
        st.caption("Compares the two encoders point by point, each in its own space; the maps play no part.")
        if not st.button("Compare the encoders", icon=":material/compare_arrows:", key="compare"):
            return
        try:
            with st.spinner("Comparing the neighbourhoods …"):
                first, second = (evidence.finished(one.run, one.arm) for one in (shown, other))
                st.session_state[key] = evidence.compare(view.run["dataset"], first, second)["result"]
        except BadInput as problem:
            st.error(plain(str(problem)))
            return
    _answer(view, st.session_state[key])


def _answer(view: View, result: dict[str, Any]) -> None:
    st.markdown(plain(words.comparison(result)))
    rows = result["most_changed"]["rows"]
    for place, column in zip(st.columns(max(2, len(result["by"]))), result["by"], strict=False):
        place.dataframe(pd.DataFrame(words.comparison_rows(result, column)), hide_index=True, key=f"changed_{column}")
    st.markdown(f"##### The {min(PICTURES, len(rows))} points that changed most")
    if view.of_text:
        texts.listed(view.run["dataset"], view.source, rows[:PICTURES], view.show, "changed_texts")
    else:
        kept = result["most_changed"]["jaccard"]
        says = [f"{row} · {100 * share:.0f} % in common" for row, share in zip(rows, kept, strict=True)]
        pictures(view.run, rows[:PICTURES], says[:PICTURES])
    st.button(
        f"Select the {len(rows):,} that changed most",
        icon=":material/select_all:",
        key="select_changed",
        on_click=view.selected.set,
        args=(rows,),
    )
