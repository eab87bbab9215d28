"""The loop and the stage: what they log, that they resume bit for bit, how they stop and what they refuse."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from backend.engine.feed import ImageFeed
from backend.engine.job import Stopped
from backend.engine.pretrain import Pretraining
from backend.engine.weights import build_encoder, load_encoder
from backend.pretext import simclr, vicreg
from backend.recipe import Collapse, Train
from backend.registry import plugin
from backend.stages import pretrain as stage
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput

SMALL = {
    "encoder": {"name": "convnet", "width": 8},
    "augment": {"name": "digits"},
    "train": {"epochs": 4, "batch_size": 24, "log_every": 5, "checkpoint_every": 6, "knn_every": 10},
    "collapse": {"every": 5},
    "finetune": {"pretrain_seeds": 1},
}  # 120 training images: 5 steps an epoch, 20 steps


def pretraining(tmp_path, task=simclr, stop_at: int | None = None, device="cpu", **train) -> Pretraining:
    spec = {
        "encoder": {"name": "convnet", "width": 8},
        "shape": [1, 16, 16],
        "mean": [0.4],
        "std": [0.3],
        "classes": [],
    }
    encoder = build_encoder(spec, seed=0)
    torch.manual_seed(0)
    policy = plugin("augment", "digits")
    images = torch.randint(0, 256, (64, 1, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    steps = Counter()

    def stopping() -> bool:
        steps["asked"] += 1
        return steps["asked"] - 1 == stop_at

    return Pretraining(
        encoder=encoder,
        pretext=task.build(task.Params(hidden=32, out=16), encoder.dim, 2),
        feed=ImageFeed(images, torch.full((64,), -1), policy.call(policy.params(noise=0.05), 16, 1), 16, seed=0),
        train=Train(**{"epochs": 6, "batch_size": 16, "log_every": 3, "checkpoint_every": 7, **train}),
        collapse=Collapse(every=4),
        seed=0,
        device=torch.device(device),
        checkpoint=tmp_path / "state.safetensors",
        stopping=stopping,
    )


@pytest.mark.parametrize(
    ("task", "optimizer", "stop_at"), [(simclr, "adamw", 0), (simclr, "lars", 5), (vicreg, "adamw", 14)]
)
def test_stopped_and_resumed_equals_undisturbed_bit_for_bit(tmp_path, task, optimizer, stop_at):
    logged: dict[str, list] = {"whole": [], "parts": []}

    def run(folder: str, into: str, stop: int | None) -> Pretraining:
        found = pretraining(tmp_path / folder, task, stop, optimizer=optimizer)
        found.log = lambda kind, step, body: logged[into].append((kind, step, body))
        found.run()
        return found

    whole = run("a", "whole", None)
    with pytest.raises(Stopped):
        run("b", "parts", stop_at)
    torch.manual_seed(99)  # a new process has another global state
    parts = run("b", "parts", None)
    for module in ("encoder", "pretext"):
        first, second = getattr(whole, module).state_dict(), getattr(parts, module).state_dict()
        assert all(torch.equal(first[name], second[name]) for name in first)
    for kind in ("metrics", "collapse"):
        said = [{k: v for k, v in b.items() if k != "images_per_s"} for t, _, b in logged["whole"] if t == kind]
        again = [{k: v for k, v in b.items() if k != "images_per_s"} for t, _, b in logged["parts"] if t == kind]
        assert said == again


def test_a_kill_between_checkpoints_goes_back_to_the_last_one(tmp_path):
    whole = pretraining(tmp_path / "a")
    whole.run()
    killed = pretraining(tmp_path / "b")

    def die(kind, step, body):
        if (kind, step) == ("metrics", 12):
            raise KeyboardInterrupt

    killed.log = die
    with pytest.raises(KeyboardInterrupt):
        killed.run()
    steps = []
    resumed = pretraining(tmp_path / "b")
    resumed.log = lambda kind, step, body: steps.append(step)
    resumed.run()
    assert min(steps) == 8  # the checkpoint of step 7, then the reading of step 8
    assert all(torch.equal(a, b) for a, b in zip(whole.encoder.parameters(), resumed.encoder.parameters(), strict=True))


def test_a_diverged_run_says_so_in_one_line(tmp_path):
    with pytest.raises(BadInput, match=r"expected a finite loss, found nan at step \d+; try a lower train.lr"):
        pretraining(tmp_path, vicreg, lr=10.0, optimizer="lars", warmup=0.0, precision="fp32", epochs=40).run()


def events(job) -> list[dict]:
    return [event for event, _ in read_events(job.folder.events)]


def test_the_stage_logs_what_the_contract_promises(make_job):
    job = make_job(**SMALL)
    stage.run(job)
    said = events(job)
    keys = [(e["kind"], e["key"]) for e in said]
    assert len(set(keys)) == len(keys)
    assert [k for kind, k in keys if kind == "metrics"] == [f"pretrain/0/{s}" for s in (5, 10, 15, 20)]
    assert [k for kind, k in keys if kind == "collapse"] == [f"pretrain/0/{s}" for s in (1, 5, 10, 15, 20)]
    assert [k for kind, k in keys if kind == "knn"] == ["pretrain/0/10", "pretrain/0/20"]
    assert [k for kind, k in keys if kind == "checkpoint"] == [f"pretrain/0/{s}" for s in (6, 12, 18)]
    assert [k for kind, k in keys if kind == "features"] == ["random/0", "pretrain/0"]
    body = {e["kind"]: e["body"] for e in said}
    assert {"seed", "step", "steps", "epoch", "loss", "parts", "lr", "images_per_s"} == set(body["metrics"])
    assert {"seed", "step", "k", "split", "accuracy", "chance", "rows", "scores"} == set(body["knn"])
    assert {"seed", "steps", "seconds", "images_per_s", "precision"} == set(body["encoder"])
    assert (job.progress.done, job.progress.total, job.progress.unit) == (240, 240, "images")
    assert list(job.folder.checkpoints.iterdir()) == []


def test_features_are_those_of_the_logged_encoder_in_table_order(make_job):
    job = make_job(**SMALL)
    stage.run(job)
    said = {(e["kind"], e["key"]): e["subjects"][0]["sha256"] for e in events(job) if e["subjects"]}
    encoder = load_encoder(job.artefacts, said["encoder", "pretrain/0"])
    features = job.artefacts.array(said["features", "pretrain/0"], "features")
    images = torch.from_numpy(job.dataset.images[7:9]).float() / 255
    assert features.shape == (240, 24)
    assert np.allclose(features[7:9], encoder(images).detach().numpy(), atol=1e-5)


def test_a_finished_stage_repeats_nothing_and_a_stopped_one_goes_on(make_job):
    job = make_job(**SMALL)
    job.stop.set()
    with pytest.raises(Stopped):
        stage.run(job)
    assert events(job) == []
    job.stop.clear()
    stage.run(job)
    before = events(job)
    stage.run(job)
    assert events(job) == before


def test_seeds_of_one_run_differ_and_runs_agree(make_job):
    digests = []
    for run in ("r1", "r2"):
        job = make_job(run, **{**SMALL, "finetune": {"pretrain_seeds": 2}})
        stage.run(job)
        digests.append([e["subjects"][0]["sha256"] for e in events(job) if e["kind"] == "encoder"])
    assert digests[0] == digests[1]
    assert digests[0][0] != digests[0][1]


def test_max_train_limits_the_images(make_job):
    job = make_job(**{**SMALL, "data": {"name": "bars", "max_train": 50}})
    rows = stage.training_rows(job)
    assert len(rows) == 50
    assert set(rows) <= set(job.dataset.rows("train"))
    stage.run(job)
    assert [e["body"]["steps"] for e in events(job) if e["kind"] == "encoder"] == [8]


def test_a_collapse_stops_the_run_when_asked_to(make_job):
    recipe = {**SMALL, "pretext": {"name": "simclr", "rank": 2}, "collapse": {"every": 5, "action": "stop"}}
    with pytest.raises(BadInput, match=r"^pretrain: dimensional collapse of the projector since step 5; "):
        stage.run(make_job(**recipe))


def test_too_few_images_are_refused(make_job):
    job = make_job(**SMALL)
    job.dataset.table.loc[5:, "split"] = "test"
    with pytest.raises(BadInput, match="at least 8 training images, found 5"):
        stage.run(job)
