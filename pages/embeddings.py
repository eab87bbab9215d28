"""What does the encoder put together, and does the map tell the truth about it?"""

from functools import partial

import streamlit as st

from workbench.charts import embeddings as charts
from workbench.explorer import columns, maps, panels, texts
from workbench.explorer.selection import Selected
from workbench.page import headline, pick_run, plain
from workbench.session import service
from workbench.verdicts import embeddings as words

QUESTION = "What does the encoder put together, and does the map tell the truth about it?"
NOTHING = "nothing"


def controls(run: dict) -> tuple[panels.View, maps.Map, maps.Map | None, str, str]:
    """What is looked at, the map, the one beside it, the column that colours both, and what the mouse does."""
    of_run, manifest = {one.title: one for one in maps.maps_of(run["run"])}, service().dataset(run["dataset"])
    first, second, third, fourth = st.columns([3, 3, 3, 3], vertical_alignment="bottom")
    shown = of_run[first.selectbox("Map", list(of_run), key="map")]
    clusters = columns.Clusters.of(maps.clusters_event(run["run"], shown.arm))
    source = columns.Source.of(manifest, maps.predictions_digest(run["run"]), clusters)
    names = columns.choices(source)
    choice = second.selectbox("Colour by", list(names), format_func=names.get, key="colour")
    others = maps.comparable(run, shown, service().runs())
    other = third.selectbox("Compare with", [NOTHING, *others], key="beside")
    mouse = fourth.segmented_control("Mouse", list(charts.MODES), default="Lasso", required=True, key="mouse")
    of_text = manifest["kind"] == "text"
    show = of_text and st.checkbox("Show texts that hold a slur", key="show_texts")
    view = panels.View(run, source, columns.places(shown.sha256), Selected(run["dataset"]), of_text, show)
    return view, shown, others.get(other), choice, charts.MODES[mouse]


def draw(view: panels.View, one: maps.Map, side: str, choice: str, mode: str) -> None:
    """One map as a widget: what is lassoed or clicked in it becomes the selection of both."""
    ringed, ring = panels.ringed(view, maps.neighbours_event(one.run, one.arm))
    key, token = f"map_{side}", f"{one.sha256} {choice} {mode} {ringed} {view.show}"
    places = columns.places(one.sha256)
    figure = charts.scatter(
        places,
        columns.colour(choice, one.sha256, view.source),
        f"{one.title}, by {columns.choices(view.source)[choice]}",
        words.fidelity_line(one.body["fidelity"]),
        maps.METHOD.get(one.method, one.method),
        view.selected.to_draw(token, key),
        ringed,
        mode,
        ring=ring,
        hover=texts.hover(view.run["dataset"], one.sha256, view.show) if view.of_text else None,
    )
    shared = {"key": key, "theme": None, "config": charts.CONFIG}
    if one.dimensions == 2:
        if choice == columns.CLUSTER:
            charts.label(figure, columns.cluster_places(one.sha256, view.source), places)
        st.plotly_chart(figure, on_select=partial(view.selected.take, token, key), **shared)
    else:
        st.plotly_chart(figure, **shared)
        st.caption("A 3-D map can be turned and shows the selection; to select, choose a 2-D map.")
    st.caption(plain(words.warning(one.method)))


def clusters(run: dict, shown: maps.Map) -> None:
    """What the clusters of the shown encoder's texts speak of."""
    event = maps.clusters_event(run["run"], shown.arm)
    if event and event["body"]["clusters"]:
        with st.expander("Clusters and their words"):
            st.dataframe(words.cluster_rows(event["body"]), hide_index=True, key="clusters")
            st.caption(plain(words.clustering(event["body"])))


def explore(run: dict) -> None:
    answer = st.container()
    for event in service().events(run["run"], "projection.refused"):
        whose = maps.ARM.get(event["body"]["arm"], event["body"]["arm"])
        st.warning(plain(f"{whose}: no map, {event['body']['reason']}. The encoder has collapsed."))
    view, shown, other, choice, mode = controls(run)
    event = maps.neighbours_event(run["run"], shown.arm)
    with answer:
        headline(QUESTION, words.sentence(event and event["body"], shown.body), words.flattery(shown.body["fidelity"]))
    panels.settle_focus(view.selected)
    if view.of_text:
        texts.search(run)
    sides = st.columns(2) if other else [st.container()]
    for side, one, place in zip(("left", "right"), (shown, other), sides, strict=False):
        with place:
            draw(view, one, side, choice, mode)
    st.caption(plain(words.evidence(shown.body)))
    clusters(run, shown)
    if view.of_text:
        texts.results(run, view.source, set(view.here.rows.tolist()), view.show)
    kept = {"arm": shown.arm, "method": shown.method, "dimensions": shown.dimensions, "colour": choice}
    panels.keep(run, kept, view.selected)
    if not view.selected.rows:
        what = "texts" if view.of_text else "pictures"
        st.info(f"Draw a lasso around points to see their {what} and what they are made of, or click one point.")
        return
    panels.selection(view)
    if event:
        panels.neighbours(view, event)


chosen = pick_run(QUESTION, need="projection")
if chosen:
    explore(chosen)
