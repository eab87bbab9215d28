"""Tables in the stages: rows come from their file, and everything of an encoder's start is said in its spec."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from backend.encoders._table import Records
from backend.engine.job import Job
from backend.engine.weights import build_encoder, load_classifier
from backend.recipe import Recipe
from backend.stages import pretrain, study
from backend.stages.modality import data_module
from backend.stages.modality.table import data as table_data
from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog, read_events
from tests import tables_made

SMALL = {"name": "mlp", "width": 32, "column": 4, "layers": 2, "dropout": 0.0}
TRAIN = {"epochs": 4, "batch_size": 64, "lr": 3e-3, "log_every": 1, "knn_every": 4}


@pytest.fixture
def make_job(workspace):
    dataset = tables_made.make_dataset(Artefacts(workspace.artefacts))

    def build(run: str = "r1", **sections):
        folder = workspace.run(run)
        folder.checkpoints.mkdir(parents=True, exist_ok=True)
        told = {"pretext": {"name": "masked_features"}, "encoder": SMALL, "augment": {"name": "none"}, "train": TRAIN}
        recipe = Recipe.model_validate({"data": {"name": "people"}, **told, **sections})
        return Job(folder, recipe, dataset, "cpu", EventLog(folder.events), Artefacts(workspace.artefacts))

    return build


def test_rows_stay_in_their_file_until_they_are_read(make_job):
    job = make_job()
    data = data_module(job)
    assert isinstance(data.inputs, Records)
    path = job.artefacts.path(job.dataset.manifest["records"]["sha256"], "safetensors")
    assert str(path) in Path("/proc/self/maps").read_text()
    assert torch.equal(data.inputs.input.nan_to_num(-1), tables_made.records(400).nan_to_num(-1))
    some = data.inputs[np.array([5, 3])]
    assert torch.equal(some.values[:, [0, 1, 3]], data.inputs.values[[5, 3]][:, [0, 1, 3]])
    assert len(some) == 2
    assert some.described is data.inputs.described


def test_the_spec_builds_the_encoder_again(make_job):
    data = data_module(make_job())
    encoder = build_encoder(data.spec, 3)
    assert encoder(data.inputs.input[:6]).shape == (6, 32)
    assert data.spec["classes"] == ["no", "yes"]
    assert data.classical() is None


def test_without_an_augmentation_rows_are_trained_on_as_they_are(make_job):
    assert data_module(make_job()).augmentation is None


def test_the_augmentation_takes_values_of_training_rows(make_job):
    data = data_module(make_job(augment={"name": "columns", "share": 1.0}))
    train = data.inputs.values[torch.as_tensor(data.job.dataset.rows("train"))]
    found = data.augmentation(data.inputs[np.arange(300, 400)], torch.Generator().manual_seed(0))
    for feature in (0, 4):
        assert set(found[:, feature].tolist()) <= set(train[:, feature].tolist())


@pytest.mark.parametrize("kept", [False, True])
def test_a_feed_gives_the_views_that_the_task_asks_for(make_job, monkeypatch, kept):
    """From memory, and from a file of which 10 rows may lie there at a time."""
    if not kept:
        monkeypatch.setattr(table_data, "LARGE", 0)
        monkeypatch.setattr(table_data, "LOOKED_AT", 10 * table_data.AROUND)
    data = data_module(make_job(pretext={"name": "scarf", "share": 0.5}))
    rows = data.job.dataset.rows("train")[10:]
    task = data.pretext(build_encoder(data.spec, 0))
    feed = data.feed(rows, task, seed=1)
    batch = feed.at(0, task.views)
    whole, corrupted = batch.views["whole"], batch.views["corrupted"]
    assert whole.shape == corrupted.shape == (64, 7)
    chosen = rows[feed.sampler.rows(0).numpy()]
    assert torch.equal(whole.nan_to_num(-1), data.inputs.values[torch.as_tensor(chosen)].nan_to_num(-1))
    assert torch.equal(batch.labels, torch.as_tensor(data.job.dataset.labels[chosen]))
    same = (whole == corrupted) | (whole.isnan() & corrupted.isnan())
    assert 0.3 < same[:, 0].float().mean() < 0.7
    again = feed.at(0, task.views)
    assert torch.equal(again.views["corrupted"].nan_to_num(-1), corrupted.nan_to_num(-1))
    assert data.seen(3) == 3 * 2 * 64


def test_what_a_task_knows_of_frequencies_it_knows_of_training_rows(make_job):
    """Without a training row of town 20, guessing it costs nothing that was counted."""
    data = data_module(make_job())
    seen = []
    data.plugged_pretext = lambda dim, described, sample: seen.append(sample)
    data.pretext(build_encoder(data.spec, 0))
    train = data.inputs.values[torch.as_tensor(data.job.dataset.rows("train"))]
    assert torch.equal(seen[0].nan_to_num(-1), train.nan_to_num(-1))


@pytest.mark.parametrize("pretext", ["masked_features", "scarf", "vime", "denoising"])
def test_every_task_goes_through_the_loop(make_job, pretext):
    told = {"pretext": {"name": pretext, "share": 0.3}, "train": {**TRAIN, "epochs": 10}}
    job = make_job(**told, finetune={"pretrain_seeds": 1}, stages=["pretrain"])
    pretrain.run(job)
    told = [event for event, _ in read_events(job.folder.events)]
    losses = [event["body"]["loss"] for event in told if event["kind"] == "metrics"]
    assert sum(losses[-8:]) < sum(losses[:8])
    assert {"encoder", "collapse", "knn"} <= {event["kind"] for event in told}
    metrics = next(event["body"] for event in told if event["kind"] == "metrics")
    assert metrics["rows_per_s"] > 0


def test_a_study_trains_on_the_same_rows(make_job):
    plan = {"fractions": [1.0], "subset_seeds": 2, "pretrain_seeds": 1, "methods": ["knn", "linear", "lpft"]}
    plan |= {"baselines": ["scratch_aug", "random"], "max_steps": 120}
    job = make_job(finetune=plan, stages=["pretrain", "study"])
    pretrain.run(job)
    study.run(job)
    told = [event for event, _ in read_events(job.folder.events)]
    table = next(event["body"]["table"] for event in told if event["kind"] == "study.verdict")
    means = {(row["arm"], row["method"]): row["mean"]["value"] for row in table}
    assert means["ssl", "lpft"] > 0.85
    assert means["scratch_aug", "end_to_end"] > 0.85
    kept = next(event for event in told if event["kind"] == "classifier")
    classifier = load_classifier(job.artefacts, kept["subjects"][0]["sha256"])
    assert classifier(data_module(job).inputs.input[:4]).shape == (4, 2)
