"""How far the maps can be trusted, and whose true neighbours differ between the encoders of two maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from backend.workspace.layout import BadInput

from ..frame.page import plain
from ..frame.safe import cells
from ..frame.session import service
from ..verdicts import maps as words
from . import evidence, maps
from .grid import around
from .looking import View
from .maps import Map
from .paint import own_frame

MOST = 12  # of the points that changed most


def trusted(shown: Map) -> None:
    """One line each on the neighbour graph, the distances between classes and another seed, as far as known."""
    if shown.step is not None:
        return  # these were measured of the finished encoder's map
    graph = maps.neighbours_event(shown.run, shown.arm)
    said = [words.graph(graph["body"])] if graph else []
    for kind, sentence in (("distances", words.distances), ("stability", words.stability)):
        if event := evidence.beside(shown, kind):
            said.append(sentence(event["body"]))
    if said:
        st.caption("  \n".join(map(plain, said)))


def changed(view: View, shown: Map, other: Map) -> None:
    """Points ranked by how much their true neighbours differ between the encoders of two maps; needs no map, and takes
    a while, so a person asks for it."""
    if (shown.run, shown.arm, shown.step) == (other.run, other.arm, other.step):
        return
    st.markdown("## Whose true neighbours changed?")
    key = " ".join(str(part) for one in (shown, other) for part in (one.run, one.arm, one.step))
    _compared(view, "changed", key, "Compare the encoders", lambda: (evidence.side(shown), evidence.side(other)))


def by_fine_tuning(view: View, shown: Map) -> None:
    """The same between the pretrained encoder and what fine-tuning with labels made of it."""
    if shown.arm != "ssl" or not service().events(shown.run, "classifier"):
        return
    with st.expander("What did fine-tuning change?", icon=":material/tune:"):
        st.markdown("Whose true neighbours did fine-tuning change? The pretrained encoder against the fine-tuned one.")
        label = "Compare with the fine-tuned encoder"
        _compared(
            view, "tuned", shown.run, label, lambda: (evidence.finished(shown.run), evidence.fine_tuned(shown.run))
        )


def turned(shown: Map, other: Map) -> tuple[Map, Map]:
    """Both maps, `other` laid over `shown` where a person asks for it: turned, mirrored, shifted and scaled, nothing
    else, and shown in the same frame."""
    if shown.dimensions != other.dimensions:
        return shown, other
    if not st.toggle("Turn the right map onto the left one", key="turn", bind="query-params"):
        return shown, other
    key = f"turned {other.sha256} {shown.sha256}"
    try:
        if key not in st.session_state:
            st.session_state[key] = evidence.overlay(other, shown)
    except BadInput as problem:
        st.error(plain(str(problem)))
        return shown, other
    told = st.session_state[key]
    st.caption(plain(words.overlaid(told["result"])))
    sha256 = told["subjects"][0]["sha256"]
    frame = around([shown.frame or own_frame(shown.sha256), own_frame(sha256)])
    return replace(shown, frame=frame), replace(other, sha256=sha256, frame=frame)


def _compared(
    view: View, name: str, key: str, label: str, sides: Callable[[], tuple[dict[str, str], dict[str, str]]]
) -> None:
    """The answer to one comparison, kept for the session, or the button that asks for it."""
    key = f"{name} {key}"
    if key not in st.session_state:
        st.caption("Compares the two encoders point by point, each in its own space; the maps play no part.")
        if not st.button(label, icon=":material/compare_arrows:", key=f"compare_{name}"):
            return
        try:
            with st.spinner("Comparing the neighbourhoods …"):
                st.session_state[key] = evidence.compare(view.run["dataset"], *sides())["result"]
        except BadInput as problem:
            st.error(plain(str(problem)))
            return
    _answer(view, name, st.session_state[key])


def _answer(view: View, name: str, result: dict[str, Any]) -> None:
    st.markdown(plain(words.comparison(result)))
    rows = result["most_changed"]["rows"]
    for place, column in zip(st.columns(max(2, len(result["by"]))), result["by"], strict=False):
        place.dataframe(
            cells(pd.DataFrame(words.comparison_rows(result, column))), hide_index=True, key=f"{name}_{column}"
        )
    head = f"### The {min(MOST, len(rows))} points that changed most"
    most = result["most_changed"]
    measured = " · mean cosine" if most["cosine"] is not None else ""
    st.markdown(f"{head}: row · neighbours in common{measured}" if view.modality.items.measured else head)
    st.caption(plain(words.ranking(result)))
    view.modality.items.changed(view, rows[:MOST], most, name)
    st.button(
        f"Select the {len(rows):,} that changed most",
        icon=":material/select_all:",
        key=f"select_{name}",
        on_click=view.selected.set,
        args=(rows,),
    )
