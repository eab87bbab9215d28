"""Beneath the maps: what is selected, who its true neighbours are, and the selections that were kept."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from backend.workspace.formats import percent

from ..frame.page import plain
from ..frame.safe import cells, visible
from ..frame.visit import of
from ..verdicts.embeddings import errors
from . import bars, facets, summary
from .columns import OUTCOME, frame
from .component import answered, built, gestured, problem_kept
from .looking import View, name_of
from .maps import Map, nearest, placed_on

SHOWN = 201  # examples of a selection that its modality may show, and one more to tell that there are more
FOCUS = 200  # rows offered for a look at their neighbours
NEIGHBOURS = "true neighbours"
NO_TEST = "A lasso is drawn by eye after looking, so these are counts, not a test."


def selection(view: View) -> None:
    """The examples, composition (of more than one) and table of the selected rows that are on the map."""
    here, selected, items = view.here, view.selected, view.modality.items
    table, points = frame(view.source), facets.points_of(view.sha256, selected.mask)
    on_map, count = here.rows[points], int(selected.mask.sum())
    head, clear = st.columns([6, 1], vertical_alignment="bottom")
    share = f" ({percent(len(on_map) / len(points))})" if len(on_map) > 1 else ""
    head.markdown(f"## {len(on_map):,} of {len(points):,} points selected{share}")
    clear.button("Clear", icon=":material/deselect:", key="clear", on_click=selected.set, args=([],))
    if len(on_map) < count:
        st.caption(f"{count - len(on_map):,} more selected rows are not on this map.")
    if len(on_map) > 1:
        left, right = st.columns(items.sides)
        with right:  # first: the counts are what a person waits for
            composition(view, points)
        with left:
            items.listed(view, on_map[:SHOWN].tolist(), "items", len(on_map))
    more = st.expander("Table of the selection", key="rows_open", on_change="rerun")
    if more.open:
        more.caption(f"{min(len(on_map), summary.MOST_ROWS):,} of {len(on_map):,} rows")
        more.dataframe(cells(summary.listing(table, on_map, here.kept[points])), hide_index=True, key="rows")


def composition(view: View, points: np.ndarray) -> None:
    """What the selected points (bool P) are made of, against the whole map: values, errors, numbers, class x group."""
    made = facets.made_of(view.sha256, view.source, points)
    st.dataframe(cells(summary.composition(made)), hide_index=True, key="composition")
    st.caption(NO_TEST)
    outcome = next((one for one in made if one.facet.column == "outcome"), None)
    if outcome:
        every, chosen = (
            dict.fromkeys(OUTCOME, 0) | dict(zip(outcome.facet.names, counts.tolist(), strict=True))
            for counts in (outcome.every, outcome.chosen)
        )
        st.markdown(plain(errors(every, chosen)))
    if not built():
        st.caption("No histograms: the explorer's own view is not built.")
    elif bars.show(made, "histograms", answered(), partial(narrow, view, made)):
        st.caption("Drag over bars to keep only the selected points in them.")
    for group in view.source.sensitive:
        if facets.crossed(view.sha256, view.source, group):
            more = st.expander(f"Class x {plain(group)}", key=f"groups_{group}_open", on_change="rerun")
            if more.open:
                counts = facets.by_group(view.sha256, view.source, points, group)
                more.dataframe(cells(summary.groups(counts)), hide_index=True, key=f"groups_{group}")


def narrow(view: View, made: list[facets.Made]) -> None:
    """Callback of the histograms: of the selected points on the map those in the bars that were dragged over stay."""
    told = gestured("histograms")
    if told is None:
        return
    with problem_kept():
        bins = bars.spanned(told, made)
        mask = view.selected.mask.copy()
        mask[view.here.rows] &= facets.in_bins(view.sha256, view.source, bins)
        view.selected.put(mask)


def settle_focus(view: View) -> None:
    """Keep the row whose neighbours are shown within the selection; a selection of one row is that row."""
    rows, focus = view.selected.rows, of(view.run["run"], "focus")
    if st.session_state.get(focus) not in rows[:FOCUS].tolist():
        st.session_state[focus] = int(rows[0]) if len(rows) == 1 else None


def ringed(view: View, one: Map) -> tuple[list[int], str]:
    """Rows that a map outlines, and what they are: what is nearest to an example placed on it, what a search found,
    else the true neighbours of the row in focus, when the person asks for them."""
    if placed := placed_on(one):
        return placed["rows"], "nearest to your example"
    if searched := view.modality.items.ringed(view.run["run"]):
        return searched
    row = st.session_state[of(view.run["run"], "focus")]
    if one.neighbours is None or row is None or not st.session_state.get("ring"):
        return [], NEIGHBOURS
    return [other for other, _ in nearest(one.neighbours, row)], NEIGHBOURS


def neighbours(view: View, sha256: str) -> None:
    """The true neighbours of a row, by cosine in the encoder's space, as examples."""
    here, offered, table = view.here, view.selected.rows[:FOCUS].tolist(), frame(view.source)
    pick, ring = st.columns([3, 2], vertical_alignment="bottom")
    row = pick.selectbox(
        "Nearest neighbours in the encoder's space of",
        offered,
        format_func=lambda r: visible(name_of(table, r)),
        placeholder="choose a selected row, or click a point",
        key=of(view.run["run"], "focus"),
    )
    ring.toggle("Outline them on the map", key="ring")
    if row is None:
        return
    found = nearest(sha256, row)
    if not found:
        st.info("This row is not on the map, so its neighbours were not computed.")
        return
    place = int(here.rows.searchsorted(row))
    kept = here.kept[place] if place < len(here.rows) and here.rows[place] == row else None
    view.modality.items.near(view, found, "near", row)
    if kept is not None:
        near = round(float(kept) * len(found))
        st.caption(f"Cosine similarity, then the row. {near} of these {len(found)} are also its nearest on the map.")
