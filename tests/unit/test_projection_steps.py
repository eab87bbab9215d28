"""Encoders that are kept on the way: aligned maps of them, and new points placed on a map."""

from __future__ import annotations

import base64
import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from backend.interactive import brief
from backend.questions import overlay
from backend.questions.place import answer
from backend.stages import _steps, pretrain, project
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput

SMALL = {
    "encoder": {"name": "convnet", "width": 8},
    "train": {"epochs": 2, "batch_size": 32, "keep_every": 2, "knn_every": 0, "log_every": 100},
    "collapse": {"every": 1000},
    "finetune": {"pretrain_seeds": 1},
    "projection": {"methods": ["pca"], "dimensions": [2]},
}


@pytest.fixture
def mapped(make_job):
    """A job whose pretraining kept encoders and whose maps were made: (job, {(kind, key): event})."""
    job = make_job(**SMALL)
    pretrain.run(job)
    project.run(job)
    return job, {(e["kind"], e["key"]): e for e, _ in read_events(job.folder.events)}


def test_every_kept_encoder_has_a_map_laid_over_the_next_later_one(mapped):
    job, events = mapped
    steps = sorted(e["body"]["step"] for (kind, _), e in events.items() if kind == "encoder.kept")
    last = events["encoder", "pretrain/0"]["body"]["steps"]
    assert steps == list(range(2, last, 2))
    later = {"step": None, "sha256": events["projection", "ssl/pca/2/0"]["subjects"][0]["sha256"]}
    for step in reversed(steps):
        event = events["projection.step", f"ssl/pca/2/0/{step}"]
        assert {key: event["body"]["aligned_to"][key] for key in later} == later
        later = {"step": step, "sha256": event["subjects"][0]["sha256"]}
        table = job.artefacts.table(later["sha256"])
        assert table["row"].to_pylist() == list(range(240))
        told = event["body"]["jaccard_to_final"]
        assert told["value"] == pytest.approx(table["jaccard"].to_numpy().mean(), abs=1e-6)
        assert 0 <= told["low"] <= told["value"] <= told["high"] <= 1
    assert event["body"]["jaccard_to_final"]["value"] > event["body"]["chance"]
    before = len(events)
    project.run(job)
    assert len(list(read_events(job.folder.events))) == before, "a second run repeats nothing"


def test_an_encoder_that_collapsed_on_the_way_is_passed_over(make_job, monkeypatch):
    job = make_job(**SMALL | {"train": {**SMALL["train"], "epochs": 3}})
    pretrain.run(job)
    features = _steps._features

    def collapsed_at_4(job, data, rows, step, report):
        return np.ones((len(rows), 4)) if step == 4 else features(job, data, rows, step, report)

    monkeypatch.setattr(_steps, "_features", collapsed_at_4)
    project.run(job)
    found = [e for e, _ in read_events(job.folder.events)]
    (refused,) = (e for e in found if e["kind"] == "projection.refused")
    assert (refused["key"], refused["body"]["step"]) == ("ssl/0/4", 4)
    over = {e["body"]["step"]: e["body"]["aligned_to"]["step"] for e in found if e["kind"] == "projection.step"}
    assert over == {8: None, 6: 8, 2: 6}


def test_a_map_may_start_from_an_earlier_one(mapped, make_job):
    job, events = mapped
    earlier = events["projection", "ssl/pca/2/0"]["subjects"][0]["sha256"]
    again = make_job("r2", **SMALL | {"projection": {**SMALL["projection"], "start_from": earlier}})
    stored = events["features", "pretrain/0"]["subjects"][0]["sha256"]
    turned = job.artefacts.array(stored, "features")[:, ::-1].copy()
    kept = again.artefacts.put_arrays("features/ssl/0", {"features": turned})
    again.events.append("features", {"seed": 0}, [kept], key="pretrain/0")
    project.run(again)
    aligned = again.events.seen("projection", "ssl/pca/2/0")["body"]["aligned_to"]
    assert aligned["sha256"] == earlier
    assert aligned["shared"] == 240
    assert aligned["moved"] < 1e-3, "the same space up to the order of its axes: the same map"


def test_a_map_to_start_from_that_is_none_is_one_clear_line(mapped, make_job):
    job, events = mapped
    wrong = make_job("r3", **SMALL | {"projection": {**SMALL["projection"], "start_from": "0" * 64}})
    stored = job.artefacts.array(events["features", "pretrain/0"]["subjects"][0]["sha256"], "features")
    wrong.events.append("features", {}, [wrong.artefacts.put_arrays("f", {"features": stored})], key="pretrain/0")
    with pytest.raises(BadInput, match=r"projection\.start_from: expected the digest of a map"):
        project.run(wrong)


def test_kept_encoders_of_texts_are_mapped_too(make_text_job):
    job = make_text_job(
        train={"epochs": 1, "batch_size": 8, "keep_every": 4},
        collapse={"every": 1000},
        projection=SMALL["projection"],
    )
    pretrain.run(job)
    project.run(job)
    found = [e for e, _ in read_events(job.folder.events)]
    steps = [e["body"]["step"] for e in found if e["kind"] == "projection.step"]
    assert steps
    assert steps == [e["body"]["step"] for e in found if e["kind"] == "encoder.kept"][::-1]
    clusters = next(e["body"]["clusters"] for e in found if e["kind"] == "clusters")
    assert all(c["label"]["name"] in ("bad", "good") for c in clusters)


def test_a_map_that_was_turned_is_laid_back_over_the_other(mapped, workspace):
    job, events = mapped
    onto = events["projection", "ssl/pca/2/0"]["subjects"][0]["sha256"]
    table = job.artefacts.table(onto)
    x, y = table["x"].to_numpy(), table["y"].to_numpy()
    rows = table["row"].to_numpy()
    turned = pa.table({"row": rows[5:], "x": -2 * y[5:] + 9, "y": 2 * x[5:] - 4})
    sha256 = job.artefacts.put_table("projection", turned).sha256
    found = overlay.answer({"kind": "overlay", "map": sha256, "onto": onto}, workspace)
    assert found["result"] == {"points": 235, "shared": 235, "moved": pytest.approx(0, abs=1e-4)}
    laid = job.artefacts.table(found["subjects"][0].sha256)
    assert laid["x"].to_numpy() == pytest.approx(x[5:], abs=1e-3)
    with pytest.raises(BadInput, match=r"question\.map: expected a map"):
        overlay.answer({"kind": "overlay", "map": "0" * 64, "onto": onto}, workspace)


def png(pixels: np.ndarray) -> str:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


@pytest.fixture
def question(mapped, dataset):
    _, events = mapped

    def digest(kind: str, key: str) -> str:
        return events[kind, key]["subjects"][0]["sha256"]

    return {
        "kind": "place",
        "encoder": digest("encoder", "pretrain/0"),
        "features": digest("features", "pretrain/0"),
        "projection": digest("projection", "ssl/pca/2/0"),
        "dataset": dataset.manifest,
        "image": png(dataset.images[17, 0]),
    }


def test_an_uploaded_image_of_the_data_finds_itself_and_lands_near_itself(question, workspace, mapped):
    found = answer(question, workspace)["result"]
    assert found["rows"][0][0] == 17
    assert found["cosine"][0][0] == pytest.approx(1, abs=1e-4)
    table = mapped[0].artefacts.table(question["projection"])
    at = np.column_stack([table["x"].to_numpy(), table["y"].to_numpy()])
    assert len(found["place"][0]) == 2
    assert np.linalg.norm(found["place"][0] - at[17]) < np.sqrt(((at - at.mean(0)) ** 2).sum(1).mean())
    assert 0 <= found["scatter"][0] < 1


WRONG = [
    ({"image": "not base64!"}, r"question\.image: expected base64"),
    ({"image": base64.b64encode(b"no picture").decode()}, r"question\.image: expected an image"),
    ({"image": png(np.zeros((4, 4), np.uint8))}, r"question\.image: expected at least 8"),
    ({"image": "A" * 14_000_000}, r"question\.image: expected a picture of at most"),
    ({"image": 7}, r"question\.image"),
    ({"texts": ["x"]}, "either texts or image"),
    ({"projection": "../etc"}, r"question\.projection: expected a SHA-256"),
    ({"projection": "0" * 64}, r"question\.projection: expected a map"),
    ({"encoder": None}, r"question\.encoder"),
]


def test_hostile_uploads_are_one_line(question, workspace):
    for changed, says in WRONG:
        with pytest.raises(BadInput, match=says) as caught:
            answer(question | changed, workspace)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 400


def test_the_record_of_a_question_holds_the_images_digest_and_not_the_image(question):
    told = brief(question)
    assert set(told["image"]) == {"sha256"}
    assert told["dataset"]["name"] == "bars"
