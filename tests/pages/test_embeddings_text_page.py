"""The embeddings page on texts: hover, tables instead of pictures, clusters with their words, search by text."""

from __future__ import annotations

import base64
import json

import numpy as np
import pyarrow as pa
import pytest

from backend.control.service import NotAnswered
from backend.workspace.events import EventLog
from workbench.explorer import bundle, columns
from workbench.explorer.shelf import Parcel

from .conftest import add_run, finish, register_texts

ROWS = 160


def words(app) -> str:
    return "\n".join(
        part.value for part in [*app.title, *app.header, *app.caption, *app.markdown, *app.info, *app.warning]
    )


@pytest.fixture(autouse=True)
def _built(monkeypatch):
    monkeypatch.setattr(bundle, "parcel", lambda: Parcel.of(b"export default () => {};\n"))


def figures(app) -> list[dict]:
    """The maps that Plotly draws."""
    return [json.loads(c.proto.spec) for c in app.get("plotly_chart")]


def view(app) -> dict:
    """What the browser is told of the map that our own view draws."""
    return json.loads(app.get("bidi_component")[0].proto.json)


def by_plotly(app):
    return app.toggle("plotly").set_value(True).run()


def unpacked(array: dict) -> list[int]:
    """An array of numbers as Plotly sends it."""
    return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"]).tolist()


def select(app, rows: list[int]):
    mask = np.zeros(ROWS, dtype=bool)
    mask[rows] = True
    app.session_state["selected_reviews"] = mask
    return app.run()


def table_with(app, *wanted: str):
    """The table on the page that has these columns."""
    return next(d.value for d in app.dataframe if set(wanted) <= set(d.value.columns))


def test_every_point_says_its_text_and_the_page_speaks_of_texts(trained_text, open_page):
    app = open_page("embeddings", run="done")
    assert view(app)["hover"]["address"].startswith("/explorer/cell/reviews/")
    assert "/mild?" in view(app)["hover"]["address"]
    traces = figures(by_plotly(app))[0]["data"]
    said = {row: text for t in traces for row, text in zip(unpacked(t["customdata"]), t["text"], strict=True)}
    assert said[11].replace("<br>", " ") == trained_text.texts("reviews", [11])[0]
    assert "pictures" not in words(app)
    assert "texts and what they are made of" in words(app)


def test_a_selection_is_a_table_of_texts_with_label_and_prediction(trained_text, open_page):
    app = select(open_page("embeddings", run="done"), [100, 121, 125])
    found = table_with(app, "Text", "Label", "Prediction")
    assert found["Row"].tolist() == [100, 121, 125]
    assert found["Text"].tolist() == trained_text.texts("reviews", [100, 121, 125])
    assert set(found["Label"]) <= {"bad", "good"}
    assert not app.get("image")


def test_one_text_shows_its_neighbours_with_their_cosine(trained_text, open_page):
    app = select(open_page("embeddings", run="done"), [7])
    found = table_with(app, "Cosine", "Text")
    assert len(found) == 15
    assert found["Row"].iat[0] == 8
    assert found["Cosine"].tolist() == pytest.approx([0.9] * 15)


def test_clusters_colour_the_map_and_their_words_stand_on_it(trained_text, open_page):
    app = open_page("embeddings", run="done")
    app.selectbox("colour of done").set_value(columns.CLUSTER).run()
    assert not app.exception
    names = ["1: splendid, warm, film", "2: dull, tedious, novel"]
    assert [name for _, _, name in view(app)["names"]] == names
    assert [entry["name"] for entry in view(app)["legend"]["entries"]] == [*names, columns.LONER]
    figure = figures(by_plotly(app))[0]
    assert [t["name"] for t in figure["data"]] == [*names, columns.LONER]
    assert {a["text"] for a in figure["layout"]["annotations"]} == set(names)
    found = table_with(app, "Distinctive words")
    assert found["Distinctive words"].tolist() == ["splendid, warm, film", "dull, tedious, novel"]


def test_a_map_without_clusters_says_so_and_offers_no_colour_for_them(nothing, open_page):
    add_run(nothing, register_texts(nothing), "done")
    latest = nothing.latest("done", "clusters", "ssl/0")
    stored = nothing.artefacts.put_table("clusters", pa.table({"row": range(ROWS), "cluster": [-1] * ROWS}))
    log = EventLog(nothing.workspace.run("done").events)
    log.append("clusters", latest["body"] | {"clusters": [], "noise": 1.0}, [stored], key="ssl/0/none")
    finish(nothing, log, "done")
    app = open_page("embeddings", run="done")
    assert "no community holds 5 of the 160 points" in words(app)
    assert "Cluster" not in app.selectbox("colour of done").options
    assert not any("Distinctive words" in d.value for d in app.dataframe)


def search(app, text: str):
    app.text_input("search_done_text").set_value(text)
    next(b for b in app.button if b.label == "Search").click()
    return app.run()


def test_a_typed_text_finds_rows_that_are_listed_and_ringed(trained_text, open_page, monkeypatch):
    asked = []

    def ask(question, timeout=60, actor="local"):
        asked.append(question)
        return {"id": "x", "seconds": 0.1, "result": {"rows": [[3, 5]], "cosine": [[0.91, 0.8]], "tokens": [6]}}

    monkeypatch.setattr(trained_text, "ask", ask)
    app = search(open_page("embeddings", run="done"), "a warm and tender film")
    assert not app.exception
    assert asked[0]["kind"] == "embed_text"
    assert asked[0]["texts"] == ["a warm and tender film"]
    found = table_with(app, "Cosine", "On the map")
    assert found["Row"].tolist() == [3, 5]
    assert found["On the map"].tolist() == ["yes", "yes"]
    assert view(app)["rings"]["what"] == "nearest to your text"
    assert len(view(app)["rings"]["points"]) == 2
    assert figures(by_plotly(app))[0]["data"][-1]["name"] == "nearest to your text"
    next(b for b in app.button if b.label == "Clear" and b.key != "clear").click().run()
    assert figures(app)[0]["data"][-1]["name"] != "nearest to your text"


def test_a_worker_that_does_not_answer_is_one_line(trained_text, open_page, monkeypatch):
    def ask(question, timeout=60, actor="local"):
        raise NotAnswered("question: expected an answer within 60 s, found none")

    monkeypatch.setattr(trained_text, "ask", ask)
    app = search(open_page("embeddings", run="done"), "anything")
    assert app.error[0].value.startswith("question")
