"""The embeddings page in its states; a selection made in one map reaches the other and can be kept."""

from __future__ import annotations

import json

import pytest

from tests.pages.conftest import add_run, register
from workbench.explorer.selection import Selected


def words(app) -> str:
    parts = [*app.subheader, *app.caption, *app.markdown, *app.info, *app.warning]
    return "\n".join(part.value for part in parts)


def figures(app) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def select(app, rows: list[int]):
    """What the callback of a lasso leaves in the session (AppTest cannot draw)."""
    app.session_state["selected_bars"] = {"rows": rows, "source": None, "drawn": {}}
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
    assert "the map hides 2.0 points" in text
    assert "Do not read distances between clusters" in text
    assert len(figures(app)) == 1
    assert "Draw a lasso" in text


COLOURS = ["label", "split", "sex", "age", "outcome", "predicted", "confidence", "kept"]


@pytest.mark.parametrize("title", ["Pretrained · PCA, 2-D", "Pretrained · UMAP, 3-D"])
def test_every_colour_can_be_drawn_and_every_map(trained, open_page, title):
    app = open_page("embeddings", run="done")
    app.selectbox("map").set_value(title)
    assert len(app.selectbox("colour").options) == len(COLOURS)
    for colour in COLOURS:
        app.selectbox("colour").set_value(colour).run()
        assert not app.exception, (colour, [e.value for e in app.exception])
        assert title in figures(app)[0]["layout"]["title"]["text"]


def test_a_selection_shows_its_pictures_composition_and_rows(trained, open_page):
    app = select(open_page("embeddings", run="done"), list(range(40)))
    assert "40 of 240 points selected" in words(app)
    composition = app.dataframe[0].value
    assert composition.loc[composition["Column"] == "label", "Selected"].sum() == 40
    assert len(app.dataframe[1].value) == 40
    assert app.get("image")


def test_the_selection_is_emphasised_in_both_of_two_maps(trained, open_page):
    app = open_page("embeddings", run="done")
    app.selectbox("beside").set_value("Untrained encoder · PCA, 2-D").run()
    select(app, [3, 5])
    for figure in figures(app):
        assert all("selectedpoints" in trace for trace in figure["data"])


def test_one_selected_point_shows_its_neighbours_in_the_encoders_space(trained, open_page):
    app = select(open_page("embeddings", run="done"), [7])
    assert app.selectbox("focus").value == 7
    captions = app.get("image")[-1].captions
    assert captions[0].startswith("this · 7")
    assert len(captions) == 16
    app.toggle("ring").set_value(True).run()
    assert figures(app)[0]["data"][-1]["name"] == "true neighbours"


def test_a_selection_can_be_kept_cleared_and_brought_back(nothing, open_page):
    add_run(nothing, register(nothing), "done")
    app = select(open_page("embeddings", run="done"), [1, 2, 3])
    app.text_input[0].set_value("odd ones")
    next(b for b in app.button if b.label == "Save").click().run()
    app.button("clear").click().run()
    assert "Draw a lasso" in words(app)
    app.selectbox("saved").set_value("odd ones").run()
    app.button("load").click().run()
    assert "3 of 240 points selected" in words(app)
    assert nothing.selections("done")[0]["view"]["colour"] == "label"


def test_a_selection_without_a_name_is_one_clear_line(trained, open_page):
    app = select(open_page("embeddings", run="done"), [1])
    next(b for b in app.button if b.label == "Save").click().run()
    assert app.error[0].value.startswith("name:")


class Drawn(dict):
    """A chart's state in the session: what was drawn in it."""

    def __init__(self, *rows):
        super().__init__(selection={"points": [{"customdata": row} for row in rows]})


def test_the_chart_that_was_drawn_in_keeps_its_figure(monkeypatch):
    state: dict = {}
    monkeypatch.setattr("workbench.explorer.selection.st.session_state", state)
    selected = Selected("d")
    assert selected.to_draw("A", "left") == []
    assert selected.to_draw("B", "right") == []
    state["left"] = Drawn(4, 2)
    selected.take("A", "left")
    assert selected.rows == [2, 4]
    assert selected.to_draw("A", "left") == []
    assert selected.to_draw("B", "right") == [2, 4]
    assert selected.to_draw("A, other colours", "left") == [2, 4]
    state["left"] = Drawn()
    assert selected.to_draw("A", "left") == [2, 4], "the page was left and opened again: the lasso is gone"
    selected.take("A", "left")
    assert selected.rows == []
