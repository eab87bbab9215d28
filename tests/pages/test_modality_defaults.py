"""Pages of data that no front-end room knows: every part has a default that shows records."""

from __future__ import annotations

import pytest

from backend.modality import Cell
from workbench import modality


@pytest.fixture
def without_rooms(trained, monkeypatch):
    """The runs of the images, as if their modality had no front-end room and a row were a record."""
    monkeypatch.setattr(modality.Shown, "_room", lambda self, part: None)
    records = lambda name, rows, *sizes: [Cell("record", {"weight": row / 2, "kind": "bar"}) for row in rows]  # noqa: E731
    monkeypatch.setattr(trained, "cells", records)
    for refused in ("thumbnails", "texts", "text_starts"):
        monkeypatch.setattr(trained, refused, lambda *told: pytest.fail("asked for a picture or a text"))
    modality.shown.cache_clear()
    yield trained
    modality.shown.cache_clear()


def said(app) -> str:
    return "\n".join(str(part.value) for part in [*app.title, *app.header, *app.caption, *app.markdown, *app.info])


def tables(app) -> list:
    return [table.value for table in app.dataframe]


def test_the_data_page_shows_records_of_each_class(without_rooms, open_page):
    app = open_page("data", dataset="bars")
    assert app.title[0].value.startswith("240 images in 3 splits")
    assert [list(t.columns) for t in tables(app)][:2] == [["Row", "weight", "kind"]] * 2


def test_a_selection_on_the_map_is_a_table_of_records(without_rooms, open_page):
    app = open_page("embeddings", run="done")
    assert "Draw a lasso around points to see their images" in app.info[-1].value
    app.text_input("find").set_value("3, 8-9").run()
    assert not app.exception
    (shown,) = [t for t in tables(app) if "weight" in t.columns]
    assert shown["Row"].tolist() == [3, 8, 9]
    assert shown["weight"].tolist() == [1.5, 4, 4.5]
    assert list(shown.columns) == ["Row", "weight", "kind", "Label", "Prediction"]


def test_explained_examples_are_records_with_their_largest_scores(without_rooms, open_page):
    app = open_page("explain", run="done")
    assert not app.exception
    (shown,) = [t for t in tables(app) if "Integrated Gradients" in t.columns and "Row" in t.columns]
    assert len(shown) == 16
    assert shown["Integrated Gradients"].str.count(",").eq(4).all()
    assert "Which methods pass" in said(app)


@pytest.mark.parametrize("name", ["run", "study", "bias", "new_run", "home"])
def test_other_pages_speak_of_it_by_its_noun(without_rooms, open_page, name):
    app = open_page(name, run="done")
    assert not app.exception
    assert not app.error


def test_the_report_is_whole(without_rooms):
    from workbench.documents import collect, written

    page = written(collect(without_rooms, "done"), without_rooms, "html").decode()
    assert "supervised training from scratch" in page
    assert "Tests of the methods" in page
