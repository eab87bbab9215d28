"""Maps beside each other: each coloured by its own run, laid over each other in one frame; records drawn again."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from backend.modality.image import cell
from backend.workspace.events import EventLog
from workbench.explorer import bundle, evidence
from workbench.explorer.columns import CLUSTER
from workbench.explorer.grid import STEPS, around, frame_of
from workbench.explorer.shelf import Parcel

from .conftest import add_run, finish, register
from .loop import studying, text
from .test_embeddings_page import fetched, gesture, views, words

MAP, UNTRAINED = "Pretrained · UMAP, 2-D", "Untrained encoder · PCA, 2-D"


@pytest.fixture(autouse=True)
def _built(monkeypatch):
    monkeypatch.setattr(bundle, "parcel", lambda: Parcel.of(b"export default () => {};\n"))


@pytest.fixture
def told(nothing):
    """A run with all its events, and what a test adds to them: told(name, tell, ...) -> its run."""
    manifest = register(nothing)

    def tells(name, tell, *given):
        if name not in [run["run"] for run in nothing.runs()]:
            add_run(nothing, manifest, name, state="done")
        table = nothing.table(manifest["table"]["sha256"]).to_pandas()
        log = EventLog(nothing.workspace.run(name).events)
        tell(log, nothing.artefacts, table, *given)
        finish(nothing, log, name)

    return tells


def all_wrong(log, artefacts, table):
    """The classifier of a run that gets every held-out row wrong."""
    kept = table[table["split"] != "train"]
    columns = {"row": kept["row"].to_numpy(), "label": kept["label"].to_numpy(), "predicted": 1 - kept["label"]}
    stored = artefacts.put_table("predictions/wrong", pa.table(columns | {"p_0": kept["label"], "p_1": kept["label"]}))
    body = {"arm": "ssl", "method": "linear", "fraction": 1.0, "subset_seed": -1, "pretrain_seed": 0}
    log.append("predictions", body, [stored], key="ssl/1.0/0/wrong")


def far(service, kind):
    """The first map of the run, with one point far to the right of the others."""
    table = service.table(service.events("done", "projection")[0]["subjects"][0]["sha256"]).to_pandas()
    table.loc[0, "x"] += 40
    return service.artefacts.put_table(kind, pa.Table.from_pandas(table, preserve_index=False))


def entries(view) -> dict[str, int]:
    return {entry["name"]: entry["count"] for entry in view["legend"]["entries"]}


def test_the_map_of_another_run_shows_that_runs_own_errors(told, open_page):
    told("done", studying.study)
    told("second", all_wrong)
    name = f"Bars, second (second) · {MAP}"
    app = open_page("embeddings", run="done", map=MAP, colour="outcome", beside=name)
    left, right = views(app)
    assert right["title"] == f"{MAP} of second, by Error (held-out rows)"
    assert left["title"] == f"{MAP}, by Error (held-out rows)"
    assert entries(left)["right"] > 0
    assert "right" not in entries(right)
    (alone,) = views(open_page("embeddings", run="second", map=MAP, colour="outcome"))
    assert entries(right) == entries(alone)


def test_a_column_that_the_other_run_lacks_is_said(told, open_page):
    told("done", text.clusters)
    told("second", all_wrong)
    name = f"Bars, second (second) · {MAP}"
    app = open_page("embeddings", run="done", map=MAP, colour=CLUSTER, beside=name)
    assert "of second has no “Cluster”, so its colours mean Label" in words(app)
    assert [view["legend"]["title"] for view in views(app)] == ["Cluster", "Label (label)"]


def test_frames_hold_all_that_is_laid_over_each_other():
    assert frame_of(np.array([[0.0, 1.0], [2.0, 2.0]])) == (0.0, 0.5, 2.0)
    assert frame_of(np.array([[3.0, 3.0]])) == (2.5, 2.5, 1.0)
    assert around([(0.0, 0.0, 1.0), (4.0, 0.0, 1.0)]) == (0.0, -2.0, 5.0)


def test_one_far_point_of_another_step_moves_no_other_point_on_the_screen(told, nothing, open_page):
    """Steps are laid over each other; drawn each in a frame of its own, one far point would move all the others."""

    def stepped(log, artefacts, table):
        stored = far(nothing, "projection/ssl/umap/2/20")
        index = np.zeros((len(table), 15), np.int32)
        arrays = {"index": index, "cosine": index.astype(np.float32), "rows": np.arange(len(table))}
        near = artefacts.put_arrays("neighbours/ssl/20", arrays)
        body = nothing.events("done", "projection")[0]["body"] | {"step": 20, "chance": 0.03}
        body |= {"aligned_to": {"step": None, "sha256": "0" * 64, "moved": 0.1}}
        body |= {"jaccard_to_final": {"value": 0.5, "low": 0.4, "high": 0.6}}
        log.append("projection.step", body, [stored, near], key="ssl/umap/2/0/20")

    told("done", lambda *_: None)
    told("done", stepped)
    app = open_page("embeddings", run="done", map=MAP)
    app = gesture(app, {"shape": "view", "camera": [0.5, 0, 0.25]})
    (before,) = views(app)
    (after,) = views(app.select_slider("step of done").set_value("20").run())
    then, now = (fetched(view["steps"], np.uint16).reshape(-1, 2) for view in (before, after))
    assert (then[1:] == now[1:]).all()
    assert now[0, 0] == STEPS
    assert after["frame"] == before["frame"]
    assert after["camera"] == before["camera"] == [0.5, 0, 0.25]


def test_maps_turned_onto_each_other_share_a_frame(told, nothing, open_page, monkeypatch):
    told("done", lambda *_: None)
    laid = far(nothing, "overlay")
    answer = {"result": {"shared": 240, "moved": 0.2}, "subjects": [laid.as_dict()]}
    monkeypatch.setattr(evidence, "overlay", lambda other, shown: answer)
    app = open_page("embeddings", run="done", map=MAP, beside=UNTRAINED, turn="true")
    assert app.toggle("turn").value
    left, right = views(app)
    assert left["frame"] == right["frame"]
    left, right = (fetched(view["steps"], np.uint16).reshape(-1, 2) for view in (left, right))
    assert (left[1:] == right[1:]).all()
    assert right[0, 0] == STEPS > left[0, 0]


def keep(app, name: str):
    app.text_input[[t.label for t in app.text_input].index("Name of this selection")].set_value(name)
    app = next(b for b in app.button if b.label == "Keep selection").click().run()
    assert not app.exception
    return app


def test_a_record_of_a_cluster_is_drawn_again_beside_any_map(told, nothing, open_page):
    told("done", text.clusters)
    app = open_page("embeddings", run="done", map=MAP, colour=CLUSTER)
    app = keep(gesture(app, {"shape": "class", "index": 0}), "first cluster")
    (kept,) = nothing.selections("done")
    (cluster,) = {e["subjects"][0]["sha256"] for e in nothing.events("done", "clusters") if e["body"]["arm"] == "ssl"}
    assert kept["view"]["steps"][0]["made_of"] == cluster
    assert "it gives the same rows" in words(app)

    def others(log, artefacts, table):
        """The untrained encoder's clusters come out otherwise, after this selection was kept."""
        stored = artefacts.put_table("clusters", pa.table({"row": table["row"], "cluster": np.zeros(len(table), int)}))
        body = nothing.latest("done", "clusters", "ssl/0")["body"]
        log.append("clusters", body | {"arm": "random"}, [stored], key="random/1")

    told("done", others)
    app.selectbox("map of done").set_value(UNTRAINED).run()
    assert not app.exception
    assert "it gives the same rows" in words(app)
    told("done", others)
    record = kept["view"] | {"steps": [kept["view"]["steps"][0] | {"made_of": "e" * 64}]}
    nothing.save_selection("done", "first cluster", kept["rows"], record)
    assert "what it was drawn on is not here any more, so the rows themselves are the record" in words(app.run())


def test_a_record_whose_map_is_none_is_said_and_the_page_stays(told, nothing, open_page):
    told("done", lambda *_: None)
    table = nothing.datasets()[0]["table"]["sha256"]
    steps = [{"map": table, "gesture": {"shape": "box", "corners": [[0, 0], [9, 9]]}}]
    nothing.save_selection("done", "planted", [1, 2, 3], {"steps": steps})
    app = open_page("embeddings", run="done", selection="planted")
    assert not app.exception
    assert "so the rows themselves are the record" in words(app)
    assert "3 of 240 points selected" in words(app)


def test_pictures_that_were_deleted_are_one_line_and_the_counts_stay(told, nothing, open_page):
    told("done", lambda *_: None)
    app = gesture(open_page("embeddings", run="done"), {"shape": "box", "corners": [[0, 0], [STEPS, STEPS]]})
    nothing.artefacts.path(nothing.datasets()[0]["images"]["sha256"], "safetensors").unlink()
    cell._cut.cache_clear()
    app.run()
    assert not app.exception
    assert [e.value for e in app.error] == [
        f"artefact: expected a stored file, found no {nothing.datasets()[0]['images']['sha256']}.safetensors"
    ]
    assert "240 of 240 points selected" in words(app)


def test_an_address_names_a_kept_selection_and_opens_it(told, nothing, open_page):
    told("done", lambda *_: None)
    app = open_page("embeddings", run="done")
    app = keep(gesture(app, {"shape": "box", "corners": [[0, 0], [40_000, 40_000]]}), "corner")
    assert app.query_params["selection"] == "corner"
    again = open_page("embeddings", run="done", selection="corner")
    assert views(again)[0]["selected"]["sha256"] == views(app)[0]["selected"]["sha256"]
    assert json.dumps(views(again)[0]["selected"]["count"]) in words(again)
    none = open_page("embeddings", run="done", selection="never kept")
    assert views(none)[0]["selected"] is None
    assert "expected one that this run keeps, found 'never kept'" in words(none)
