"""The embeddings page in its states; a selection made in one map reaches the other and can be kept."""

from __future__ import annotations

import gzip
import json
import re

import numpy as np
import pytest
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.pages.conftest import add_run, register
from workbench.explorer import bundle, columns
from workbench.explorer.grid import STEPS
from workbench.explorer.selection import Selected
from workbench.explorer.shelf import Parcel, shelf


def words(app) -> str:
    parts = [*app.title, *app.header, *app.caption, *app.markdown, *app.info, *app.warning, *app.error]
    return "\n".join(part.value for part in parts)


def pictures(app) -> list[str]:
    """The galleries of the page, as HTML."""
    return [one.proto.body for one in app.get("html") if "gallery" in one.proto.body]


def figures(app) -> list[dict]:
    """The maps that Plotly draws."""
    return [json.loads(c.proto.spec) for c in app.get("plotly_chart")]


def views(app) -> list[dict]:
    """What the browser is told of the maps that our own view draws."""
    return [told for one in app.get("bidi_component") if "frame" in (told := json.loads(one.proto.json))]


def fetched(parcel: dict, dtype: type) -> np.ndarray:
    """A column as the browser reads it."""
    return np.frombuffer(gzip.decompress(shelf().get(parcel["sha256"]).payload), dtype)


@pytest.fixture(autouse=True)
def _built(monkeypatch):
    monkeypatch.setattr(bundle, "parcel", lambda: Parcel.of(b"export default () => {};\n"))


def select(app, rows: list[int]):
    """What the callback of a lasso leaves in the session (AppTest cannot draw)."""
    mask = np.zeros(240, dtype=bool)
    mask[rows] = True
    app.session_state["selected_bars"] = mask
    return app.run()


def test_an_empty_workspace_says_what_to_do_next(nothing, open_page):
    assert "No run yet" in words(open_page("embeddings"))


@pytest.mark.parametrize(("run", "says"), [("running", "not come that far"), ("failed", "the disk is full")])
def test_a_run_without_a_map_says_why(trained, open_page, run, says):
    assert says in words(open_page("embeddings", run=run))


def test_a_finished_run_opens_with_its_verdict_and_the_maps_warning(trained, open_page):
    app = open_page("embeddings", run="done")
    text = words(app)
    assert "92.0 % [90.0, 94.0] of a point's 15 neighbours share its label" in text
    assert "the map understates this by 2.0 points" in text
    assert "Do not read distances between clusters" in text
    assert (len(views(app)), len(figures(app))) == (1, 0)
    assert "Draw a lasso" in text


def test_the_view_is_told_where_to_fetch_its_columns_and_nothing_else(trained, open_page):
    (told,) = views(open_page("embeddings", run="done"))
    one = fetched(told["steps"], np.uint16).reshape(-1, 2)
    codes = fetched(told["codes"], np.uint8)
    assert len(one) == len(codes) == told["count"] == 240
    assert np.bincount(codes).tolist() == [entry["count"] for entry in told["legend"]["entries"]]
    assert told["selected"] is None
    assert len(json.dumps(told)) < 4_000
    assert all("ticket=" in told[part]["address"] for part in ("steps", "codes", "hover"))


def test_the_component_stands_in_the_page_itself_where_its_styles_reach_it(trained, open_page):
    proto = open_page("embeddings", run="done").get("bidi_component")[0].proto
    assert not proto.isolate_styles
    assert len(proto.js_content) < 400, "the program travels over HTTP, not with every run"


def test_a_run_of_the_script_names_the_same_columns_and_addresses(trained, open_page):
    app = open_page("embeddings", run="done")
    (before,), (after,) = views(app), views(app.run())
    assert (before["steps"], before["codes"], before["hover"]) == (after["steps"], after["codes"], after["hover"])


def test_the_mask_that_the_browser_draws_is_the_selection(trained, open_page):
    (told,) = views(select(open_page("embeddings", run="done"), [3, 5, 200]))
    bits = np.unpackbits(fetched(told["selected"], np.uint8), bitorder="little")
    assert np.flatnonzero(bits).tolist() == [3, 5, 200]
    assert told["selected"]["count"] == 3


def test_plotly_draws_what_was_not_built_and_what_is_for_print(trained, open_page, monkeypatch):
    app = open_page("embeddings", run="done")
    app.toggle("plotly").set_value(True).run()
    assert (len(views(app)), len(figures(app))) == (0, 1)
    monkeypatch.setattr(bundle, "parcel", lambda: None)
    app.toggle("plotly").set_value(False).run()
    assert (len(views(app)), len(figures(app))) == (0, 1)


PCA = "Pretrained · PCA, 2-D"


def digest(service, method: str) -> str:
    """The flat map of the run `done` that a method made."""
    found = (e for e in service.events("done", "projection") if e["key"] == f"ssl/{method}/2/0")
    return next(found)["subjects"][0]["sha256"]


def test_the_pages_address_names_the_view_and_brings_it_back(trained, open_page):
    query = {"map": PCA, "colour": "sex", "camera": f"{digest(trained, 'pca')[:8]}:0.5,-0.25,0.1"}
    app = open_page("embeddings", run="done", **query)
    (told,) = views(app)
    assert told["title"] == "Pretrained · PCA, 2-D, by sex"
    assert told["camera"] == [0.5, -0.25, 0.1]
    app.selectbox("colour of done").set_value("age").run()
    assert app.query_params["colour"] == "age"


def test_the_camera_of_another_map_is_left_alone(trained, open_page):
    (told,) = views(open_page("embeddings", run="done", camera="ffffffff:0.5,-0.25,0.1"))
    assert told["camera"] is None


@pytest.mark.parametrize("camera", ["", "1,2", "nan,0,1", "0,0,-1", "a,b,c", "1e9,0,1"])
def test_an_address_with_a_camera_that_is_none_opens_the_whole_map(trained, open_page, camera):
    address = f"{digest(trained, 'umap')[:8]}:{camera}" if camera else ""
    (told,) = views(open_page("embeddings", run="done", camera=address))
    assert told["camera"] is None


def test_a_map_that_was_deleted_is_one_clear_line(nothing, open_page):
    add_run(nothing, register(nothing), "done")
    for event in nothing.events("done", "projection"):
        nothing.artefacts.path(event["subjects"][0]["sha256"], "parquet").unlink(missing_ok=True)
    columns.places.cache_clear()
    assert "artefact: expected a stored file" in open_page("embeddings", run="done").error[0].value


COLOURS = ["label", "split", "sex", "age", "outcome", "predicted", "confidence", "kept", "group"]


@pytest.mark.parametrize("title", ["Pretrained · PCA, 2-D", "Pretrained · UMAP, 3-D"])
def test_every_colour_can_be_drawn_and_every_map(trained, open_page, title):
    app = open_page("embeddings", run="done")
    app.selectbox("map of done").set_value(title)
    assert len(app.selectbox("colour of done").options) == len(COLOURS)
    for colour in COLOURS:
        app.selectbox("colour of done").set_value(colour).run()
        assert not app.exception, (colour, [e.value for e in app.exception])
        drawn = [one["title"] for one in views(app)] + [f["layout"]["title"]["text"] for f in figures(app)]
        assert title in drawn[0]


def test_a_selection_shows_its_pictures_composition_and_rows(trained, open_page):
    app = select(open_page("embeddings", run="done"), list(range(40)))
    assert "40 of 240 points selected" in words(app)
    tables = [frame.value for frame in app.dataframe]
    composition = next(t for t in tables if "Points apart" in t)
    assert composition.loc[composition["Column"] == "label", "Selected"].sum() == 40
    assert not any("Row" in t or "% wrong" in t for t in tables)  # sent once they are opened
    app.session_state["rows_open"] = app.session_state["groups_sex_open"] = True
    app.run()
    tables = [frame.value for frame in app.dataframe]
    assert next(len(t) for t in tables if "Row" in t) == 40
    groups = next(t for t in tables if "% wrong" in t)
    assert groups["Points"].sum() == 40
    assert pictures(app)[-1].count("<img ") == 24
    assert "selected points" in words(app)


def test_the_selection_is_emphasised_in_both_of_two_maps(trained, open_page):
    app = open_page("embeddings", run="done")
    app.selectbox("beside of done").set_value("Untrained encoder · PCA, 2-D").run()
    left, right = views(select(app, [3, 5]))
    assert left["selected"]["count"] == right["selected"]["count"] == 2
    app.toggle("plotly").set_value(True).run()
    assert len(figures(app)) == 2
    for figure in figures(app):
        assert all("selectedpoints" in trace for trace in figure["data"])


def test_one_selected_point_shows_its_neighbours_in_the_encoders_space(trained, open_page):
    app = select(open_page("embeddings", run="done"), [7])
    assert app.selectbox("focus of done").value == 7
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", pictures(app)[-1])
    assert captions[0].startswith("this · 7")
    assert len(captions) == 16
    app.toggle("ring").set_value(True).run()
    assert views(app)[0]["rings"]["what"] == "true neighbours"
    assert len(views(app)[0]["rings"]["points"]) == 15
    app.toggle("plotly").set_value(True).run()
    assert figures(app)[0]["data"][-1]["name"] == "true neighbours"


def test_a_selection_can_be_kept_cleared_and_brought_back(nothing, open_page):
    add_run(nothing, register(nothing), "done")
    app = select(open_page("embeddings", run="done"), [1, 2, 3])
    next(t for t in app.text_input if t.label == "Name of this selection").set_value("odd ones")
    next(b for b in app.button if b.label == "Keep selection").click().run()
    app.button("clear").click().run()
    assert "Draw a lasso" in words(app)
    app.selectbox("saved of done").set_value("odd ones").run()
    app.button("load").click().run()
    assert "3 of 240 points selected" in words(app)
    assert nothing.selections("done")[0]["view"]["colour"] == "label"


def test_a_selection_without_a_name_is_one_clear_line(trained, open_page):
    app = select(open_page("embeddings", run="done"), [1])
    next(b for b in app.button if b.label == "Keep selection").click().run()
    assert app.error[0].value.startswith("name:")


class Drawn(dict):
    """A chart's state in the session: what was drawn in it."""

    def __init__(self, *rows):
        super().__init__(selection={"points": [{"customdata": row} for row in rows]})


@pytest.fixture
def session(monkeypatch) -> dict:
    state: dict = {}
    monkeypatch.setattr("workbench.explorer.selection.st.session_state", state)
    return state


def test_the_chart_that_was_drawn_in_keeps_its_figure(session):
    selected = Selected("d", 10)
    assert selected.to_draw("A", "left") == []
    assert selected.to_draw("B", "right") == []
    session["left"] = Drawn(4, 2)
    selected.take("A", "left")
    assert selected.rows.tolist() == [2, 4]
    assert selected.to_draw("A", "left") == []
    assert selected.to_draw("B", "right") == [2, 4]
    assert selected.to_draw("A, other colours", "left") == [2, 4]
    session["left"] = Drawn()
    assert selected.to_draw("A", "left") == [2, 4], "the page was left and opened again: the lasso is gone"
    selected.take("A", "left")
    assert not selected.mask.any()


def test_a_selection_of_a_million_rows_stays_small(session):
    selected = Selected("d", 1_000_000)
    selected.put(np.ones(1_000_000, dtype=bool))
    assert selected.mask.nbytes == 1_000_000
    assert len(selected.rows) == 1_000_000


def gesture(app, told: object, widget: str = "frame"):
    """What the browser sends for a gesture, through Streamlit's own dispatch of a component's triggers.

    widget: what the widget is told of: "frame" the map, "histograms" the histograms.
    """
    shown = next(one.proto.id for one in app.get("bidi_component") if widget in json.loads(one.proto.json))
    states = app._tree.get_widget_states()
    sent = json.dumps([{"event": "gesture", "value": told}])
    states.widgets.append(WidgetState(id=_make_trigger_id(shown, "events"), json_trigger_value=sent))
    return app._run(states)


def test_a_lasso_becomes_the_selection_that_the_browser_draws(trained, open_page):
    app = open_page("embeddings", run="done")
    (told,) = views(app)
    steps = fetched(told["steps"], np.uint16).reshape(-1, 2)
    middle = [[0, 0], [STEPS, 0], [STEPS, STEPS // 2], [0, STEPS // 2]]
    (told,) = views(gesture(app, {"shape": "polygon", "corners": middle, "camera": [0.5, 0, 0.25]}))
    drawn = np.unpackbits(fetched(told["selected"], np.uint8), bitorder="little")[: len(steps)]
    assert (drawn.astype(bool) == ((steps[:, 1] < STEPS // 2) & (steps[:, 0] < STEPS))).all()
    assert 0 < drawn.sum() == told["selected"]["count"] < len(steps)
    assert f"{drawn.sum()} of 240 points selected" in words(app)
    assert app.query_params["camera"] == f"{digest(trained, 'umap')[:8]}:0.5,0,0.25"
    (told,) = views(gesture(app, {"shape": "rest"}))
    assert told["selected"]["count"] == 240 - drawn.sum()
    (again,) = views(gesture(app, {"shape": "view"}))
    assert again["selected"] == told["selected"]
    assert again["answered"] == told["answered"] + 1 == 3


def test_a_gesture_that_is_none_is_one_line_and_the_selection_stays(trained, open_page):
    app = gesture(open_page("embeddings", run="done"), {"shape": "point", "index": 3})
    app = gesture(app, {"shape": "polygon", "corners": [[0, 0]] * 10_000})
    assert app.error[0].value.startswith("gesture: expected at most 4,096 bytes")
    assert "1 of 240 points selected" in words(app)
    assert not app.run().error
