"""Beneath the maps: what is selected, who its true neighbours are, and the selections that were kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from backend.workspace.layout import BadInput

from ..page import plain
from ..session import service
from ..verdicts.embeddings import percent
from . import summary, texts
from .columns import CLUSTER, Places, Source, frame
from .maps import nearest
from .selection import Selected

PICTURES = 24
SIDE = 72  # pixels
FOCUS = 200  # rows offered for a look at their neighbours
NEIGHBOURS = "true neighbours"
NO_TEST = "A lasso is drawn by eye after looking, so these are counts, not a test."


@dataclass(frozen=True)
class View:
    """What a person looks at: a run's map, whose points are `here`, and what is selected on it.

    of_text: whether the data are texts; show: whether texts that hold a slur are shown.
    """

    run: dict[str, Any]
    source: Source
    here: Places
    selected: Selected
    of_text: bool
    show: bool


def pictures(run: dict[str, Any], rows: list[int], captions: list[str]) -> None:
    if rows:
        st.image(service().thumbnails(run["dataset"], rows, SIDE), caption=captions, width=SIDE)


def selection(view: View) -> None:
    """Pictures or texts, composition (of more than one) and table of the selected rows that are on the map."""
    run, source, here, selected = view.run, view.source, view.here, view.selected
    table, mapped = frame(source), here.rows.tolist()
    on_map = sorted(set(selected.rows) & set(mapped))
    head, clear = st.columns([6, 1], vertical_alignment="bottom")
    share = f" ({percent(len(on_map) / len(mapped), 1)})" if len(on_map) > 1 else ""
    head.markdown(f"#### {len(on_map):,} of {len(mapped):,} points selected{share}")
    clear.button("Clear", icon=":material/deselect:", key="clear", on_click=selected.set, args=([],))
    if len(on_map) < len(selected.rows):
        st.caption(f"{len(selected.rows) - len(on_map):,} more selected rows are not on this map.")
    if len(on_map) > 1:
        left, right = st.columns([1, 1] if view.of_text else [2, 3])
        with left:
            if view.of_text:
                texts.listed(run["dataset"], source, on_map, view.show, "texts")
            else:
                pictures(run, on_map[:PICTURES], [_name(table, row) for row in on_map[:PICTURES]])
                if len(on_map) > PICTURES:
                    st.caption(f"The first {PICTURES} of {len(on_map):,}; the table below has more.")
        with right:
            known = {"label": source.label, CLUSTER: "cluster", "split": "split", "outcome": "prediction"}
            counted = {c: str(t) for c, t in (known | {a: a for a in source.sensitive}).items() if c in table}
            st.dataframe(summary.composition(table, mapped, on_map, counted), hide_index=True, key="composition")
            st.caption(NO_TEST)
    with st.expander(f"Table of the selection ({min(len(on_map), summary.MOST_ROWS):,} of {len(on_map):,} rows)"):
        kept = pd.Series(here.kept, index=here.rows)
        st.dataframe(summary.listing(table, on_map, kept), hide_index=True, key="rows")


def settle_focus(selected: Selected) -> None:
    """Keep the row whose neighbours are shown within the selection; a selection of one row is that row."""
    rows = selected.rows
    if st.session_state.get("focus") not in rows[:FOCUS]:
        st.session_state["focus"] = rows[0] if len(rows) == 1 else None


def ringed(view: View, event: dict[str, Any] | None) -> tuple[list[int], str]:
    """Rows that the maps outline, and what they are: what a search found, else the true neighbours of the row in focus,
    when the person asks for them."""
    searched = texts.asked(view.run["run"]) if view.of_text else None
    if searched:
        return [row for row, _ in searched["found"]], "nearest to your text"
    row = st.session_state["focus"]
    if event is None or row is None or not st.session_state.get("ring"):
        return [], NEIGHBOURS
    return [other for other, _ in nearest(event, row)], NEIGHBOURS


def neighbours(view: View, event: dict[str, Any]) -> None:
    """The true neighbours of a row, by cosine in the encoder's space, with pictures or texts."""
    run, source, here = view.run, view.source, view.here
    offered = view.selected.rows[:FOCUS]
    table = frame(source)
    pick, ring = st.columns([3, 2], vertical_alignment="bottom")
    row = pick.selectbox(
        "Nearest neighbours in the encoder's space of",
        offered,
        format_func=lambda r: _name(table, r),
        placeholder="choose a selected row, or click a point",
        key="focus",
    )
    ring.toggle("Outline them on the map", key="ring")
    if row is None:
        return
    found = nearest(event, row)
    if not found:
        st.info("This row is not on the map, so its neighbours were not computed.")
        return
    kept = pd.Series(here.kept, index=here.rows).get(row)
    if view.of_text:
        texts.listed(run["dataset"], source, [row], view.show, "this")
        texts.near(run["dataset"], source, found, view.show, "near")
    else:
        rows = [row, *(other for other, _ in found)]
        says = [f"{cosine:.3f} · {_name(table, other)}" for other, cosine in found]
        pictures(run, rows, [f"this · {_name(table, row)}", *says])
    if kept is not None:
        near = round(float(kept) * len(found))
        st.caption(f"Cosine similarity, then the row. {near} of these {len(found)} are also its nearest on the map.")


def keep(run: dict[str, Any], view: dict[str, Any], selected: Selected) -> None:
    """Name the selection and keep it in the ledger; bring back one that was kept."""
    left, right = st.columns(2)
    with left.form("keep", clear_on_submit=True, border=False):
        name, save = st.columns([3, 1], vertical_alignment="bottom")
        title = name.text_input("Name of this selection", max_chars=80, placeholder="e.g. mislabelled ones")
        if save.form_submit_button("Save", disabled=not selected.rows, icon=":material/bookmark_add:"):
            _save(run, title, view, selected)
    saved = {one["name"]: one for one in service().selections(run["run"])}
    with right:
        pick, load = st.columns([3, 1], vertical_alignment="bottom")
        chosen = pick.selectbox(
            "Saved selections",
            list(saved),
            index=None,
            format_func=lambda one: f"{one} ({len(saved[one]['rows']):,} rows)",
            placeholder="none yet" if not saved else "choose one",
            disabled=not saved,
            key="saved",
        )
        rows = saved[chosen]["rows"] if chosen else []
        load.button("Show", disabled=not chosen, key="load", on_click=selected.set, args=(rows,))


def _save(run: dict[str, Any], title: str, view: dict[str, Any], selected: Selected) -> None:
    try:
        service().save_selection(run["run"], title.strip(), selected.rows, view)
        st.toast(f"Saved {len(selected.rows):,} rows as {plain(title.strip())}")
    except BadInput as problem:
        st.error(plain(str(problem)))


def _name(table: pd.DataFrame, row: int) -> str:
    """How a row is called: its number and its label."""
    label = table["label"].iat[row] if "label" in table else None
    return f"{row} · {label}" if label is not None else str(row)
