"""Selections that are kept: named, brought back, drawn again from their record, handed on and taken away as files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from backend.workspace.layout import BadInput
from backend.workspace.rows import rows_sha256

from ..frame.page import link, plain
from ..frame.safe import visible
from ..frame.session import service
from ..frame.visit import of, show, tell
from ..modality._words import Words
from ..verdicts import slices as words
from . import facets, paint, summary
from .columns import CLUSTER, PREDICTED, Clusters, Source, choices, frame, places
from .grid import Grid
from .looking import View
from .maps import Map
from .replay import Step, drawn_again

FILES = {
    "csv": ("CSV", "text/csv", summary.as_csv),
    "parquet": ("Parquet", "application/vnd.apache.parquet", summary.as_parquet),
}


def keep(view: View, told: dict[str, Any]) -> None:
    """Name the selection and keep it in the ledger; bring back one that was kept, and hand it on.

    told: what of the page is recorded with it.
    """
    run, selected = view.run, view.selected
    left, right = st.columns(2)
    with left.form("keep", clear_on_submit=True, border=False):
        name, save = st.columns([2, 1], vertical_alignment="bottom")
        title = name.text_input("Name of this selection", max_chars=80, placeholder="e.g. mislabelled ones")
        none = not selected.mask.any()
        if save.form_submit_button("Keep selection", disabled=none, icon=":material/bookmark_add:"):
            _save(view, title.strip(), told)
    saved = by_name(run)
    with right:
        pick, load = st.columns([3, 1], vertical_alignment="bottom")
        st.session_state[_box(run)] = named if (named := st.query_params.get("selection")) in saved else None
        chosen = pick.selectbox(
            "Kept selections",
            list(saved),
            index=None,
            format_func=lambda one: f"{visible(one)} ({len(saved[one]['rows']):,} rows)",
            placeholder="none yet" if not saved else "choose one",
            disabled=not saved,
            key=_box(run),
            on_change=lambda: _point_at(run, st.session_state[_box(run)]),
        )
        load.button("Show", disabled=not chosen, key="load", on_click=_recall, args=(view, saved.get(chosen)))
    if chosen:
        hand_on(view, saved[chosen])


def by_name(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The newest version of each selection that was kept of a run."""
    return {one["name"]: one for one in service().selections(run["run"])}


def opened(view: View) -> None:
    """Show the kept selection that the page's address names, when the page is opened with it."""
    saved, named, seen = by_name(view.run), st.query_params.get("selection"), of(view.run["run"], "opened with")
    if named and named not in saved:
        st.warning(plain(words.unknown(named)))
    if named in saved and st.session_state.get(seen) != named and not view.selected.mask.any():
        _recall(view, saved[named])
    st.session_state[seen] = named


def _box(run: dict[str, Any]) -> str:
    return of(run["run"], "saved")


def _point_at(run: dict[str, Any], name: str | None) -> None:
    """The address names the kept selection that was picked; it is not drawn until the person asks for it."""
    tell("selection", _box(run), None) if name is None else show("selection", name)
    st.session_state[of(run["run"], "opened with")] = name


def hand_on(view: View, one: dict[str, Any]) -> None:
    """What a kept selection is good for, and whether its record still gives its rows."""
    run, name = view.run["run"], one["name"]
    bias, explain, record = st.columns([2, 2, 5], vertical_alignment="center")
    with bias:
        link("bias", "Look at it on Bias", icon=":material/balance:", run=run, selection=name)
    with explain:
        link("explain", "Explain these", icon=":material/center_focus_strong:", run=run, selection=name)
    record.caption(plain(words.kept(one, again(view, one))))


def again(view: View, one: dict[str, Any]) -> bool | None:
    """Whether the steps of a record, drawn again, select its rows; None where it has no steps, or what they were drawn
    on is no more."""
    steps = one["view"].get("steps")
    if not steps:
        return None
    try:
        run, source, data = view.run["run"], view.source, view.modality.words
        return _drawn(json.dumps(steps), len(view.selected.mask), run, source, data) == one["rows_sha256"]
    except BadInput:
        return None


@lru_cache(maxsize=32)
def _drawn(steps: str, count: int, run: str, source: Source, data: Words) -> str:
    """The digest of the rows that the steps of a record (JSON) select, of a data set of `count` rows."""
    mask = drawn_again(json.loads(steps), count, partial(_look, run, source, count, data))
    return rows_sha256(np.flatnonzero(mask))


def _look(run: str, source: Source, count: int, data: Words, one: Step) -> tuple[np.ndarray, Grid, np.ndarray]:
    """(rows, grid, codes) of a map for `drawn_again`: coloured by what it was made of, whatever is shown now."""
    rows, (grid, _) = places(one.map).rows, paint.grid(one.map, tuple(one.frame) if one.frame else None)
    if len(rows) and not 0 <= rows.min() <= rows.max() < count:
        raise BadInput(f"steps: expected a map of {count:,} rows, found row {rows.max():,}")
    if not one.colour:
        return rows, grid, np.zeros(len(rows), dtype=np.uint8)
    if one.colour == CLUSTER:
        events = service().events(run, "clusters")
        found = next((event for event in events if event["subjects"][0]["sha256"] == one.made_of), None)
        source = replace(source, clusters=Clusters.of(found, data))
    elif one.colour in PREDICTED:
        source = replace(source, predictions=one.made_of)
    if one.colour not in choices(source):
        raise BadInput(f"steps: expected a column of this data set, found {one.colour[:80]!r}")
    return rows, grid, paint.paint(one.colour, one.map, source).codes


def _recall(view: View, one: dict[str, Any]) -> None:
    view.selected.recall(one["rows"], one["view"]["steps"] if again(view, one) else None)


def _save(view: View, title: str, told: dict[str, Any]) -> None:
    try:
        steps = view.selected.steps
        drawn = {"map": view.sha256, "steps": steps or None}
        kept = service().save_selection(view.run["run"], title, view.selected.rows.tolist(), told | drawn)
        _point_at(view.run, kept["name"])
        st.toast(plain(f"Kept {len(kept['rows']):,} rows as {kept['name']}, version {kept['version']}"))
    except BadInput as problem:
        st.error(plain(str(problem)))


def downloads(view: View, shown: Map) -> None:
    """The selected points with all their columns, as CSV and Parquet; made when they are asked for."""
    mask = view.selected.mask

    def made(write: Callable[[pd.DataFrame, dict[str, str]], bytes]) -> bytes:
        points = facets.points_of(view.sha256, mask)
        rows = view.here.rows[points]
        more = view.modality.items.whole(view.run["dataset"], rows)
        told = {"run": view.run["run"], "map": shown.sha256, "title": shown.title, "method": shown.method}
        told["rows_sha256"] = rows_sha256(rows)
        return write(summary.exported(frame(view.source), view.here, points, more), told)

    for place, (suffix, (label, mime, write)) in zip(st.columns([1, 1, 4]), FILES.items(), strict=False):
        place.download_button(
            label,
            partial(made, write),
            f"selection-{view.run['run']}.{suffix}",
            mime,
            on_click="ignore",
            icon=":material/download:",
            key=f"download_{suffix}",
        )
    most, nouns = view.modality.items.most_whole, view.modality.words.nouns
    if most is not None and int(facets.points_of(view.sha256, mask).sum()) > most:
        st.caption(plain(f"The files hold the {nouns} of selections of up to {most:,} points; this one has more."))
