"""One map on the page: by the WebGL view, or as a Plotly figure (3-D, for print, and where the view was not built)."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

import streamlit as st

from backend import exports

from ..charts import embeddings as charts
from ..frame.figures import show_chart
from ..frame.page import plain
from ..frame.session import service
from ..verdicts import embeddings as words
from . import bundle, columns, component, facets, maps
from .looking import View
from .panels import ringed

# Points. Plotly draws them as SVG, which prints at any size; its faster traces make code of text as they draw
# (eval), which the policy of the pages refuses. Beyond, a selection takes seconds to arrive.
MOST_PLOTLY = 10_000
WARM = 100_000  # points from which the first selection would be waited for


def by_plotly(one: maps.Map, wanted: bool) -> bool:
    """Whether Plotly draws this map: it must in three dimensions, and may up to MOST_PLOTLY points."""
    small = one.body["points"] <= MOST_PLOTLY
    return one.dimensions != 2 or (small and (wanted or not component.built()))


def draw(view: View, one: maps.Map, side: str, choice: str, mode: str | None) -> None:
    """One map as a widget: what is selected in it is selected in all; mode: Plotly's mouse, None for the view.

    A map of another run or encoder than the page's is coloured by its own predictions and clusters.
    """
    asked = columns.choices(view.source)[choice]
    view = replace(view, source=maps.source_of(service().dataset(view.run["dataset"]), one))
    rows, ring = ringed(view, one)
    of_run, known = "" if one.run == view.run["run"] else f" of {one.run}", columns.choices(view.source)
    if choice not in known:
        choice = next(iter(known))
        st.caption(plain(f"{one.title}{of_run} has no “{asked}”, so its colours mean {known[choice]}."))
    title, fidelity = f"{one.title}{of_run}, by {known[choice]}", words.fidelity_line(one.body["fidelity"])
    if by_plotly(one, mode is not None):
        _plotly(view, one, f"figure_{side}", choice, mode or "lasso", rows, ring, title, fidelity)
    elif not component.built():
        st.error(bundle.MISSING)
    else:
        component.show(view, one, f"map_{side}", choice, rows, ring, title, fidelity.replace("<br>", " · "))
        if len(columns.places(one.sha256).rows) >= WARM:
            threading.Thread(target=facets.warm, args=(one.sha256, view.source), daemon=True).start()
    st.caption(plain(words.warning(one.method)))


def _plotly(
    view: View, one: maps.Map, key: str, choice: str, mode: str, rows: list[int], ring: str, title: str, fidelity: str
) -> None:
    places, token = columns.places(one.sha256), f"{one.sha256} {one.frame} {choice} {mode} {rows} {view.show}"
    figure = charts.scatter(
        places,
        columns.colour(choice, one.sha256, view.source),
        title,
        fidelity,
        exports.called("projection", one.method),
        view.selected.to_draw(token, key),
        rows,
        mode,
        ring=ring,
        frame=one.frame,
        hover=view.modality.items.hover(view.run["dataset"], one.sha256, view.show),
    )
    if (placed := maps.placed_on(one)) and one.dimensions == 2:
        charts.mark(figure, *placed["place"], placed["what"])
    shared = {"key": key, "theme": None, "config": charts.CONFIG}
    if one.dimensions == 2:
        if choice == columns.CLUSTER:
            charts.label(figure, columns.cluster_places(one.sha256, view.source), places)
        show_chart(st, figure, on_select=partial(view.selected.take, token, key), **shared)
    else:
        show_chart(st, figure, **shared)
        st.caption("A 3-D map can be turned and shows the selection; to select, choose a 2-D map.")
