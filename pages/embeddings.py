"""What does the encoder put together, and does the map tell the truth about it?"""

from functools import partial

import streamlit as st

from workbench.charts import embeddings as charts
from workbench.explorer import columns, maps, panels
from workbench.explorer.selection import Selected
from workbench.page import headline, pick_run, plain
from workbench.session import service
from workbench.verdicts import embeddings as words

QUESTION = "What does the encoder put together, and does the map tell the truth about it?"
NOTHING = "nothing"


def controls(run: dict, source: columns.Source) -> tuple[maps.Map, maps.Map | None, str, str]:
    """The map, the one beside it, the column that colours both, and what the mouse does."""
    of_run = {one.title: one for one in maps.maps_of(run["run"], run["state"] == "succeeded")}
    first, second, third, fourth = st.columns([3, 3, 3, 3], vertical_alignment="bottom")
    shown = of_run[first.selectbox("Map", list(of_run), key="map")]
    names = columns.choices(source)
    choice = second.selectbox("Colour by", list(names), format_func=names.get, key="colour")
    others = maps.comparable(run, shown, service().runs())
    other = third.selectbox("Compare with", [NOTHING, *others], key="beside")
    mouse = fourth.segmented_control("Mouse", list(charts.MODES), default="Lasso", required=True, key="mouse")
    return shown, others.get(other), choice, charts.MODES[mouse]


def draw(one: maps.Map, side: str, choice: str, source: columns.Source, selected: Selected, mode: str) -> None:
    """One map as a widget: what is lassoed or clicked in it becomes the selection of both."""
    ringed = panels.ringed(maps.neighbours_event(one.run, one.arm))
    key, token = f"map_{side}", f"{one.sha256} {choice} {mode} {ringed}"
    figure = charts.scatter(
        columns.places(one.sha256),
        columns.colour(choice, one.sha256, source),
        f"{one.title}, by {columns.choices(source)[choice]}",
        words.fidelity_line(one.body["fidelity"]),
        maps.METHOD.get(one.method, one.method),
        selected.to_draw(token, key),
        ringed,
        mode,
    )
    shared = {"key": key, "theme": None, "config": charts.CONFIG}
    if one.dimensions == 2:
        st.plotly_chart(figure, on_select=partial(selected.take, token, key), **shared)
    else:
        st.plotly_chart(figure, **shared)
        st.caption("A 3-D map can be turned and shows the selection; to select, choose a 2-D map.")
    st.caption(plain(words.warning(one.method)))


def explore(run: dict) -> None:
    source = columns.Source.of(service().dataset(run["dataset"]), maps.predictions_digest(run["run"]))
    answer = st.container()
    for event in service().events(run["run"], "projection.refused"):
        whose = maps.ARM.get(event["body"]["arm"], event["body"]["arm"])
        st.warning(plain(f"{whose}: no map, {event['body']['reason']}. The encoder has collapsed."))
    shown, other, choice, mode = controls(run, source)
    event = maps.neighbours_event(run["run"], shown.arm)
    with answer:
        headline(QUESTION, words.sentence(event and event["body"], shown.body), words.flattery(shown.body["fidelity"]))
    selected = Selected(run["dataset"])
    panels.settle_focus(selected)
    sides = st.columns(2) if other else [st.container()]
    for side, one, place in zip(("left", "right"), (shown, other), sides, strict=False):
        with place:
            draw(one, side, choice, source, selected, mode)
    st.caption(plain(words.evidence(shown.body)))
    view = {"arm": shown.arm, "method": shown.method, "dimensions": shown.dimensions, "colour": choice}
    panels.keep(run, view, selected)
    if not selected.rows:
        st.info("Draw a lasso around points to see their pictures and what they are made of, or click one point.")
        return
    here = columns.places(shown.sha256)
    panels.selection(run, source, here, selected)
    if event:
        panels.neighbours(run, source, here, selected, event)


chosen = pick_run(QUESTION, need="projection")
if chosen:
    explore(chosen)
