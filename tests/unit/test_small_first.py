"""Small images first: asked of encoders that read any size, seen by the steps that come first, timed apart."""

from __future__ import annotations

import pytest
import torch

from backend.encoders.convnet import ConvNet
from backend.engine.job import Stopped
from backend.pretext._base import View
from backend.recipe import resolve
from backend.registry import catalogue, plugin
from backend.stages import pretrain
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput

ENTRIES = catalogue()
SECTIONS = {
    "encoder": {"name": "convnet", "width": 4, "depth": 1},
    "augment": {"name": "digits"},
    "train": {"epochs": 4, "batch_size": 24, "small_first": 0.7, "knn_every": 0},
    "finetune": {"pretrain_seeds": 1},
    "stages": ["pretrain"],
}  # 120 training images: 5 steps an epoch, 20 steps


@pytest.mark.parametrize(
    ("kind", "encoder", "line"),
    [
        ("text", "bert", r"train\.small_first: expected 0 for text data, found 0\.7$"),
        ("table", "mlp", r"train\.small_first: expected 0 for table data, found 0\.7$"),
    ],
)
def test_an_encoder_of_one_size_is_refused(kind, encoder, line):
    asked = {"data": {"name": "x"}, "encoder": {"name": encoder}, "train": {"small_first": 0.7}}
    with pytest.raises(BadInput, match=line):
        resolve(asked, ENTRIES, kind=kind)
    asked["train"]["small_first"] = 0
    assert resolve(asked, ENTRIES, kind=kind).train.small_first == 0


def test_a_task_that_counts_patches_is_refused_and_an_encoder_of_patches_is_not():
    asked = {"data": {"name": "x"}, "encoder": {"name": "vit"}, "train": {"small_first": 0.7}}
    assert resolve(asked, ENTRIES).train.small_first == 0.7
    counts = {
        **ENTRIES,
        "pretext": {name: {**entry, "reads": ["patches"]} for name, entry in ENTRIES["pretext"].items()},
    }
    with pytest.raises(BadInput, match=r"train\.small_first: expected 0 for pretext simclr, found 0\.7$"):
        resolve(asked, counts)
    assert [view.sides(28, 28) for view in (View("a"), View("a").smaller(0.5, 4))] == [(28, 28), (16, 16)]


@pytest.mark.parametrize("name", [n for n, entry in ENTRIES["encoders"].items() if entry["says"].get("any_size")])
def test_what_says_so_reads_any_size(name):
    made = plugin("encoders", name)
    encoder = made.call(made.params(), (3, 32, 32), [0.5] * 3, [0.2] * 3).eval()
    told = [encoder(torch.rand(2, 3, side, side)) for side in (32, 16, 12)]
    assert all(features.shape == (2, encoder.dim) and features.isfinite().all() for features in told)


def test_the_first_share_of_the_steps_sees_small_images_and_a_resumption_knows_where_it_stands(make_job, monkeypatch):
    jobs, sides, encode = [make_job(name, **SECTIONS) for name in ("whole", "stopped")], [], ConvNet.forward

    def watched(encoder, images):
        if encoder.training:
            sides.append(images.shape[-1])
            if len(sides) == 9:
                jobs[1].stop.set()  # the first job is over by then, or has not begun
        return encode(encoder, images)

    monkeypatch.setattr(ConvNet, "forward", watched)
    pretrain.run(jobs[0])
    jobs[1].stop.clear()
    expected = [8] * 14 + [16] * 6  # 0.7 of 20 steps
    assert sides == expected

    sides.clear()
    with pytest.raises(Stopped):
        pretrain.run(jobs[1])
    assert len(sides) == 9
    jobs[1].stop.clear()
    pretrain.run(jobs[1])
    assert sides == expected
    ended = [[e["subjects"] for e, _ in read_events(job.folder.events) if e["kind"] == "encoder"] for job in jobs]
    assert ended[0] == ended[1]
