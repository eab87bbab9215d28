"""The stage and the warm worker's answers, on a real classifier with untrained weights."""

from __future__ import annotations

import json

import numpy as np
import pytest

from backend.engine.job import Stopped
from backend.engine.weights import build_encoder, make_spec, save_classifier
from backend.interactive import answer as ask
from backend.questions import _common
from backend.recipe import Choice
from backend.stages import attribute
from backend.stages._examples import choose_examples
from backend.stages.modality.image import explain as images
from backend.workspace.events import EventLog, read_events
from backend.workspace.layout import BadInput

METHODS = ["integrated_gradients", "input_x_gradient", "layer_gradcam"]


def classifier(job, role: str, seed: int = 0):
    import torch

    from backend.engine.weights import Classifier

    spec = make_spec(Choice(name="convnet", width=8), job.dataset.manifest)
    encoder = build_encoder(spec, seed)
    torch.manual_seed(seed)
    return save_classifier(job.artefacts, role, Classifier(encoder, torch.nn.Linear(encoder.dim, 2)), spec)


@pytest.fixture
def job(make_job):
    job = make_job(attribution={"methods": METHODS, "examples": 6})
    for seed, arm in enumerate(("scratch_aug", "ssl")):
        artefact = classifier(job, f"classifier/{arm}", seed)
        job.events.append("classifier", {"arm": arm, "fraction": 1.0}, [artefact], key=f"{arm}/1.0")
    return job


def events(job, kind: str):
    return {e["key"]: e for e, _ in read_events(job.folder.events) if e["kind"] == kind}


def test_every_arm_and_method_gets_its_event_and_maps(job):
    attribute.run(job)
    found = events(job, "attribution")
    assert list(found) == [f"{arm}/{m}" for arm in ("ssl", "scratch_aug") for m in METHODS]
    one = found["ssl/integrated_gradients"]
    rows = one["body"]["rows"]
    assert rows == found["scratch_aug/layer_gradcam"]["body"]["rows"] == sorted(set(rows))
    assert set(job.dataset.table["split"][rows]) == {"test"}
    assert np.bincount(job.dataset.labels[rows]).tolist() == [3, 3]
    assert len(one["body"]["completeness"]["errors"]) == len(one["body"]["planted"]["signal"]) == 6
    assert one["body"]["planted"]["shortcut"] == [None] * 6
    assert found["ssl/layer_gradcam"]["body"]["completeness"] is None
    assert one["subjects"][0]["role"] == "maps/ssl/integrated_gradients"
    assert job.artefacts.array(one["subjects"][0]["sha256"], "maps").shape == (6, 16, 16)


def test_the_controls_are_tested_beside_the_methods_and_fail(job):
    attribute.run(job)
    event = events(job, "attribution.controls")["ssl"]
    body = event["body"]
    every = {*METHODS, "random_map", "input_copy"}
    for measure in ("randomisation", "deletion", "insertion", "faithfulness", "verdict", "agreement"):
        assert set(body[measure]) == every
    assert not body["verdict"]["random_map"]["passes"]
    assert not body["verdict"]["input_copy"]["passes"]
    assert body["randomisation"]["input_copy"] == pytest.approx(1)
    assert [s["role"] for s in event["subjects"]] == ["maps/ssl/random_map", "maps/ssl/input_copy"]
    assert body["planted_mean"]["random_map"]["signal"]["value"] == pytest.approx(
        body["planted_area"]["signal"], abs=0.05
    )
    json.dumps(body, allow_nan=False)


def test_a_stopped_stage_goes_on_where_it_was(job, monkeypatch):
    real, calls = images.Explaining.explain, []

    def stop_after_two(room, arm, name):
        real(room, arm, name)
        calls.append(name)
        if len(calls) == 2:
            room.job.stop.set()

    monkeypatch.setattr(images.Explaining, "explain", stop_after_two)
    with pytest.raises(Stopped):
        attribute.run(job)
    monkeypatch.undo()
    assert len(events(job, "attribution")) == 2
    job.events.close()
    job.events = EventLog(job.folder.events)
    job.stop.clear()
    before = len(job.folder.events.read_text().splitlines())
    attribute.run(job)
    assert len(events(job, "attribution")) == 6
    assert len(job.folder.events.read_text().splitlines()) == before + 4 + 2


def test_without_a_classifier_it_says_why_and_goes_on(make_job):
    job = make_job()
    attribute.run(job)
    (event,) = events(job, "stage.skipped").values()
    assert event["body"]["stage"] == "attribute"
    assert "no classifier" in event["body"]["reason"]


def test_examples_are_balanced_and_a_quarter_wrong():
    labels = np.repeat([0, 1, 2], [50, 50, 4])
    predicted = labels.copy()
    predicted[:20] = 1
    chosen = choose_examples(labels, predicted, 24, seed=0)
    assert chosen == choose_examples(labels, predicted, 24, seed=0) == sorted(set(chosen))
    assert np.bincount(labels[chosen]).tolist() == [10, 10, 4]
    assert sum(predicted[i] != labels[i] for i in chosen) == 2
    assert choose_examples(labels[:3], predicted[:3], 24, seed=0) == [0, 1, 2]


def test_the_warm_worker_explains_a_row_as_the_stage_did(job, workspace):
    attribute.run(job)
    event = events(job, "attribution")["ssl/integrated_gradients"]
    sha256 = events(job, "classifier")["ssl/1.0"]["subjects"][0]["sha256"]
    row = event["body"]["rows"][2]
    question = {
        "kind": "attribute",
        "classifier": sha256,
        "dataset": job.dataset.manifest,
        "rows": [row],
        "methods": ["integrated_gradients"],
    }
    found = ask(question, workspace)
    result = found["result"]
    assert [s.role for s in found["subjects"]] == ["maps/integrated_gradients", "maps/random_map", "maps/input_copy"]
    maps = job.artefacts.array(found["subjects"][0].sha256, "maps")
    whole = job.artefacts.array(event["subjects"][0]["sha256"], "maps")
    np.testing.assert_allclose(maps[0], whole[2], rtol=1e-3, atol=1e-6)
    assert result["predicted"] == [event["body"]["predicted"][2]]
    assert sum(result["probabilities"][0]) == pytest.approx(1)
    assert result["methods"]["integrated_gradients"]["completeness"]["errors"][0] == pytest.approx(
        event["body"]["completeness"]["errors"][2], abs=1e-3
    )
    json.dumps(result, allow_nan=False)


def test_only_the_last_models_stay_loaded(job, workspace, monkeypatch):
    monkeypatch.setattr(_common, "_models", type(_common._models)())
    base = {"kind": "predict", "dataset": job.dataset.manifest, "rows": [0, 5]}
    used = [classifier(job, "classifier/x", seed).sha256 for seed in range(4)]
    for sha256 in (*used[:3], used[0], used[3]):
        assert len(ask({**base, "classifier": sha256}, workspace)["result"]["probabilities"]) == 2
    assert [key[1] for key in _common._models] == [used[2], used[0], used[3]]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"rows": [9999]}, "from 0 to 239, found 9999"),
        ({"rows": []}, "expected 1 to 256 rows, found 0"),
        ({"methods": ["lime"]}, r"found \['lime'\]"),
        ({"classifier": "0" * 64}, "expected an artefact"),
        ({"kind": "embed"}, "expected one of attribute, .*found 'embed'"),
    ],
)
def test_a_wrong_question_gets_one_line(job, workspace, change, line):
    sha256 = events(job, "classifier")["ssl/1.0"]["subjects"][0]["sha256"]
    question = {
        "kind": "attribute",
        "classifier": sha256,
        "dataset": job.dataset.manifest,
        "rows": [1],
        "methods": ["saliency"],
    }
    with pytest.raises(BadInput, match=line):
        ask({**question, **change}, workspace)
