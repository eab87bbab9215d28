"""What does the encoder put together, and does the map tell the truth about it?"""

from contextlib import contextmanager
from dataclasses import replace

import streamlit as st

from backend.targets import type_of
from backend.workspace.layout import BadInput
from workbench import modality
from workbench.charts import embeddings as charts
from workbench.explorer import columns, component, drawing, epochs, finding, maps, panels, placing, saved, trust
from workbench.explorer.looking import View
from workbench.explorer.selection import Selected
from workbench.frame.page import headline, plain
from workbench.frame.picking import pick_run
from workbench.frame.safe import cells
from workbench.frame.session import service
from workbench.frame.visit import addressed, jobs, of
from workbench.verdicts import embeddings as words
from workbench.verdicts import maps as map_words

QUESTION = "What does the encoder put together, and does the map tell the truth about it?"
NOTHING = "nothing"


def picked(place, run: dict, label: str, options: dict, name: str) -> str:
    """One of `options`, at first the first; the page's address names another one that was picked."""
    first, key = next(iter(options)), of(run["run"], name)
    return place.selectbox(label, list(options), format_func=options.get, **addressed(name, key, options, first))


@contextmanager
def problems_told():
    """What is wrong with the data (an artefact that was deleted, a map with NaN) stands on the page in one line."""
    try:
        yield
    except BadInput as problem:
        st.error(plain(str(problem)))


def controls(run: dict) -> tuple[View, maps.Map, maps.Map | None, str, str | None]:
    """What is looked at, the map, the one beside it, the column that colours both, and Plotly's mouse if it draws."""
    of_run, manifest = {one.title: one for one in maps.maps_of(run["run"])}, service().dataset(run["dataset"])
    first, second, third, fourth = st.columns([3, 3, 3, 3], vertical_alignment="bottom")
    shown = of_run[picked(first, run, "Map", {title: title for title in of_run}, "map")]
    source = maps.source_of(manifest, shown)
    choice = picked(second, run, "Colour by", columns.choices(source), "colour")
    others = maps.comparable(run, shown, jobs())
    other = picked(third, run, "Compare with", {name: name for name in (NOTHING, *others)}, "beside")
    small = shown.body["points"] <= drawing.MOST_PLOTLY
    plotly = shown.dimensions == 2 and small and fourth.toggle("Plotly, for print", key="plotly", bind="query-params")
    mouse = plotly and fourth.segmented_control(
        "Mouse", list(charts.MODES), default="Lasso", required=True, key="mouse"
    )
    data = modality.of(manifest)
    show = data.items.option()
    here, selected = columns.places(shown.sha256), Selected(run["dataset"], manifest["count"])
    view = View(run, source, shown.sha256, here, selected, data, show)
    return view, shown, others.get(other), choice, charts.MODES[mouse] if mouse else None


def clusters(view: View, shown: maps.Map) -> None:
    """What the clusters of the shown encoder's points are: of texts, what they speak of; or that there are none."""
    event, data = maps.clusters_event(view.run["run"], shown.arm), view.modality.words
    if event and not event["body"]["clusters"]:
        st.caption(plain(words.clustering(event["body"], data)))
    elif event:
        with st.expander(plain(data.clusters)):
            st.dataframe(cells(words.cluster_rows(event["body"], data)), hide_index=True, key="clusters")
            st.caption(plain(words.clustering(event["body"], data)))


@st.fragment
@problems_told()
def look(view: View, shown: maps.Map, other: maps.Map | None, choice: str, mouse: str | None) -> None:
    """The maps and what is selected on them: all that runs again when a person selects."""
    run, finished = view.run, shown
    component.problem(lambda told: st.error(plain(told)))
    saved.opened(view)
    panels.settle_focus(view)
    view.modality.items.search(run)
    stage = st.container()  # above what decides which map is drawn
    shown = epochs.through_training(shown)
    view = replace(view, sha256=shown.sha256, here=columns.places(shown.sha256))
    if other:
        shown, other = trust.turned(shown, other)
    placing.ask(view, shown)
    with stage:
        sides = st.columns(2) if other else [st.container()]
        for side, one, place in zip(("left", "right"), (shown, other), sides, strict=False):
            with place:
                drawing.draw(view, one, side, choice, mouse)
    placing.neighbours(view, shown)
    trust.trusted(shown)
    st.caption(plain(words.evidence(shown.body)))
    if other or shown.step is not None:
        trust.changed(view, shown, other or finished)
    trust.by_fine_tuning(view, finished)
    clusters(view, shown)
    view.modality.items.results(view)
    finding.by_number(view)
    kept = {"arm": shown.arm, "method": shown.method, "dimensions": shown.dimensions, "colour": choice}
    kept |= {} if shown.step is None else {"step": shown.step}
    saved.keep(view, kept)
    if not view.selected.mask.any():
        what = plain(view.modality.words.looked_at)
        st.info(f"Draw a lasso around points to see their {what} and what they are made of, or click one point.")
        return
    panels.selection(view)
    saved.downloads(view, shown)
    if shown.neighbours:
        panels.neighbours(view, shown.neighbours)


@problems_told()
def explore(run: dict) -> None:
    answer = st.container()
    for event in service().events(run["run"], "projection.refused"):
        st.warning(plain(map_words.refused(event["body"])))
    view, shown, other, choice, mouse = controls(run)
    event = maps.neighbours_event(run["run"], shown.arm)
    with answer:
        said = words.sentence(event and event["body"], shown.body, type_of(service().dataset(run["dataset"])))
        headline(QUESTION, said, words.flattery(shown.body))
    look(view, shown, other, choice, mouse)


chosen = pick_run(QUESTION, need="projection")
if chosen:
    explore(chosen)
