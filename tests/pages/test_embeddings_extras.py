"""Beside looking at a map: an example placed, an earlier step of training, rows by number, a selection handed on."""

from __future__ import annotations

import base64
import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from backend.workspace.events import EventLog
from workbench.explorer import bundle, evidence
from workbench.explorer.shelf import Parcel

from .conftest import add_run, finish, register
from .test_embeddings_page import gesture, views, words

PLACED = {"rows": [[3, 9, 40]], "cosine": [[0.9, 0.8, 0.7]], "place": [[0.5, 1.0]], "scatter": [0.2]}


@pytest.fixture(autouse=True)
def _built(monkeypatch):
    monkeypatch.setattr(bundle, "parcel", lambda: Parcel.of(b"export default () => {};\n"))


@pytest.fixture
def stepped(nothing):
    """A run that kept its encoder at step 20, mapped by the method that its first map has."""
    manifest = register(nothing)
    add_run(nothing, manifest, "done")
    n = manifest["count"]
    map_ = {"row": np.arange(n), "x": np.linspace(0, 1, n), "y": np.zeros(n), "kept": np.ones(n), "jaccard": np.ones(n)}
    stored = nothing.artefacts.put_table("projection/ssl/umap/2/20", pa.table(map_))
    index = ((np.arange(n)[:, None] + 2 + np.arange(15)) % n).astype(np.int32)
    arrays = {"index": index, "cosine": np.full((n, 15), 0.5, np.float32), "rows": np.arange(n)}
    near = nothing.artefacts.put_arrays("neighbours/ssl/20", arrays)
    fidelity = nothing.latest("done", "projection")["body"]["fidelity"]
    body = {"arm": "ssl", "method": "umap", "dimensions": 2, "seed": 0, "step": 20, "points": n, "seconds": 1.0}
    body |= {"params": {}, "fidelity": fidelity, "aligned_to": {"step": None, "sha256": "0" * 64, "moved": 0.4}}
    body |= {"jaccard_to_final": {"value": 0.5, "low": 0.45, "high": 0.55}, "chance": 0.03}
    log = EventLog(nothing.workspace.run("done").events)
    log.append("projection.step", body, [stored, near], key="ssl/umap/2/0/20")
    finish(nothing, log, "done")
    return stored.sha256


def test_the_slider_shows_an_earlier_encoder_and_stands_in_the_address(stepped, nothing, open_page):
    app = open_page("embeddings", run="done")
    (told,) = views(app)
    slider = app.select_slider("step of done")
    assert slider.options == ["20", "finished"]
    slider.set_value("20").run()
    assert not app.exception
    assert app.query_params["step"] == "20"
    assert "After 20 steps a point's 15 nearest neighbours overlap by 50.0 %" in words(app)
    (then,) = views(app)
    assert then["steps"]["sha256"] != told["steps"]["sha256"]
    assert "after 20 steps" in then["title"]
    assert views(open_page("embeddings", run="done", step="20"))[0]["steps"] == then["steps"] | {
        "address": views(open_page("embeddings", run="done", step="20"))[0]["steps"]["address"]
    }


def test_a_step_that_collapsed_is_no_verdict_on_the_finished_encoder(stepped, nothing, open_page):
    log = EventLog(nothing.workspace.run("done").events)
    body = {"arm": "ssl", "seed": 0, "step": 40, "onto": "point", "reason": "all 240 points have the same features"}
    log.append("projection.refused", body, key="ssl/0/40")
    finish(nothing, log, "done")
    app = open_page("embeddings", run="done")
    assert [warning.value for warning in app.warning] == [
        "No map of the encoder after 40 steps: all 240 points have the same features. "
        "It had collapsed to one point then."
    ]


def test_a_map_without_kept_encoders_has_no_slider(trained, open_page):
    assert not open_page("embeddings", run="done").select_slider


def picture() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (16, 16)).save(held, "PNG")
    return held.getvalue()


def test_an_uploaded_picture_is_ringed_with_its_true_neighbours(trained, open_page, monkeypatch):
    asked = []
    monkeypatch.setattr(evidence, "place", lambda shown, dataset, what: asked.append(what) or {"result": PLACED})
    app = open_page("embeddings", run="done")
    app.file_uploader("file").upload("mine.png", picture(), "image/png").run()
    app.button("place").click().run()
    assert not app.exception
    assert asked == [{"image": base64.b64encode(picture()).decode()}]
    (told,) = views(app)
    assert told["rings"] == {"points": [3, 9, 40], "what": "nearest to your example"}
    assert [spot[2] for spot in told["placed"]] == ["mine.png"]
    assert "**mine.png**: Its true neighbours lie together on the map: its place can be trusted" in words(app)
    app.button("unplace").click().run()
    assert views(app)[0]["placed"] == []


def test_what_is_no_picture_is_one_line_and_asks_nobody(trained, open_page, monkeypatch):
    monkeypatch.setattr(evidence, "place", lambda *given: pytest.fail("asked"))
    app = open_page("embeddings", run="done")
    app.file_uploader("file").upload("evil.png", b"<svg onload=alert(1)>", "image/png").run()
    app.button("place").click().run()
    assert [e.value for e in app.error] == [
        "picture: expected PNG or JPEG, found bytes that begin 3c 73 76 67 20 6f 6e 6c"
    ]


def test_rows_are_found_by_their_numbers(trained, open_page):
    app = open_page("embeddings", run="done")
    app.text_input("find").set_value("4, 7-9").run()
    assert "4 of 240 points selected" in words(app)
    app.text_input("find").set_value("999").run()
    assert [e.value for e in app.error] == ["rows: expected numbers from 0 to 239, the smaller first, found '999'"]
    assert "4 of 240 points selected" in words(app)


def test_a_kept_lasso_is_handed_on_and_drawn_again(nothing, open_page):
    add_run(nothing, register(nothing), "done")
    app = open_page("embeddings", run="done")
    app = gesture(app, {"shape": "box", "corners": [[0, 0], [40_000, 40_000]]})
    app.text_input[[t.label for t in app.text_input].index("Name of this selection")].set_value("corner")
    next(b for b in app.button if b.label == "Keep selection").click().run()
    assert not app.exception
    (kept,) = nothing.selections("done")
    assert kept["view"]["steps"][0]["gesture"] == {"shape": "box", "corners": [[0, 0], [40_000, 40_000]]}
    assert "redrawn from its 1 gesture it gives the same rows" in words(app)
    assert {link.proto.label for link in app.get("page_link")} >= {"Look at it on Bias", "Explain these"}
    nothing.save_selection("done", "corner", [1, 2], kept["view"])
    assert "it gives different rows" in words(app.run())
