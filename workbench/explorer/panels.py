"""Beneath the maps: what is selected, who its true neighbours are, and the selections that were kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from backend.workspace.formats import percent
from backend.workspace.layout import BadInput

from ..frame.gallery import gallery
from ..frame.page import plain
from ..frame.safe import cells, visible
from ..frame.session import service
from ..frame.visit import of
from ..verdicts.embeddings import errors
from . import bars, facets, summary, texts
from .columns import OUTCOME, Places, Source, frame
from .component import answered, built, gestured, problem_kept
from .maps import Map, nearest, placed_on
from .selection import Selected

PICTURES = 24
SIDE = 72  # pixels
FOCUS = 200  # rows offered for a look at their neighbours
NEIGHBOURS = "true neighbours"
NO_TEST = "A lasso is drawn by eye after looking, so these are counts, not a test."


@dataclass(frozen=True)
class View:
    """What a person looks at: a run's map, whose points are `here`, and what is selected on it.

    sha256: the map's digest; of_text: whether the data are texts; show: whether texts that hold a slur are shown.
    """

    run: dict[str, Any]
    source: Source
    sha256: str
    here: Places
    selected: Selected
    of_text: bool
    show: bool


def pictures(run: dict[str, Any], rows: list[int], captions: list[str]) -> None:
    """A gallery; pictures that were deleted are told in one line, and the page goes on."""
    if not rows:
        return
    try:
        st.html(gallery(service().thumbnails(run["dataset"], rows, SIDE), captions, SIDE))
    except BadInput as problem:
        st.error(plain(str(problem)))


def selection(view: View) -> None:
    """Pictures or texts, composition (of more than one) and table of the selected rows that are on the map."""
    run, source, here, selected = view.run, view.source, view.here, view.selected
    table, points = frame(source), facets.points_of(view.sha256, selected.mask)
    on_map, count = here.rows[points], int(selected.mask.sum())
    head, clear = st.columns([6, 1], vertical_alignment="bottom")
    share = f" ({percent(len(on_map) / len(points))})" if len(on_map) > 1 else ""
    head.markdown(f"#### {len(on_map):,} of {len(points):,} points selected{share}")
    clear.button("Clear", icon=":material/deselect:", key="clear", on_click=selected.set, args=([],))
    if len(on_map) < count:
        st.caption(f"{count - len(on_map):,} more selected rows are not on this map.")
    if len(on_map) > 1:
        left, right = st.columns([1, 1] if view.of_text else [2, 3])
        with right:  # first: the counts are what a person waits for
            composition(view, points)
        with left:
            shown = on_map[: max(texts.LISTED + 1, PICTURES)].tolist()
            if view.of_text:
                texts.listed(run["dataset"], source, shown, view.show, "texts", len(on_map))
            else:
                pictures(run, shown[:PICTURES], [name_of(table, row) for row in shown[:PICTURES]])
                if len(on_map) > PICTURES:
                    st.caption(f"The first {PICTURES} of {len(on_map):,}; the table below has more.")
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
    searched = texts.asked(view.run["run"]) if view.of_text else None
    if searched:
        return [row for row, _ in searched["found"]], "nearest to your text"
    row = st.session_state[of(view.run["run"], "focus")]
    if one.neighbours is None or row is None or not st.session_state.get("ring"):
        return [], NEIGHBOURS
    return [other for other, _ in nearest(one.neighbours, row)], NEIGHBOURS


def neighbours(view: View, sha256: str) -> None:
    """The true neighbours of a row, by cosine in the encoder's space, with pictures or texts."""
    run, source, here = view.run, view.source, view.here
    offered = view.selected.rows[:FOCUS].tolist()
    table = frame(source)
    pick, ring = st.columns([3, 2], vertical_alignment="bottom")
    row = pick.selectbox(
        "Nearest neighbours in the encoder's space of",
        offered,
        format_func=lambda r: visible(name_of(table, r)),
        placeholder="choose a selected row, or click a point",
        key=of(run["run"], "focus"),
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
    if view.of_text:
        texts.listed(run["dataset"], source, [row], view.show, "this")
        texts.near(run["dataset"], source, found, view.show, "near")
    else:
        rows = [row, *(other for other, _ in found)]
        says = [f"{cosine:.3f} · {name_of(table, other)}" for other, cosine in found]
        pictures(run, rows, [f"this · {name_of(table, row)}", *says])
    if kept is not None:
        near = round(float(kept) * len(found))
        st.caption(f"Cosine similarity, then the row. {near} of these {len(found)} are also its nearest on the map.")


def name_of(table: pd.DataFrame, row: int) -> str:
    """How a row is called: its number and its label."""
    label = table["label"].iat[row] if "label" in table else None
    return f"{row} · {label}" if label is not None else str(row)
