"""Every pretext task, found by listing the folder."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from backend.engine.feed import ImageFeed
from backend.engine.job import Stopped
from backend.engine.pretrain import Pretraining
from backend.engine.weights import build_encoder
from backend.pretext._base import Batch
from backend.recipe import Choice, Collapse, Train
from backend.registry import of_kind, plugin
from backend.stages import pretrain
from backend.stages.modality.image.data import policy_of
from backend.workspace.events import read_events
from backend.workspace.layout import BadInput

SHAPE = {"shape": [1, 16, 16], "mean": [0.5], "std": [0.25], "classes": []}
SPECS = [
    {"encoder": {"name": "convnet", "width": 8}, **SHAPE},
    {"encoder": {"name": "vit", "patch": 2, "dim": 16, "depth": 1, "heads": 2}, **SHAPE},
]
POLICY = plugin("augment", "digits").call(plugin("augment", "digits").params(noise=0.05), 16, 1)


def settled(name: str, seed: int = 0):
    """(encoder, pretext), prepared: the first of the encoders that the task can work with."""
    found, refused = plugin("pretext", name), []
    for spec in SPECS:
        encoder = build_encoder(spec, seed)
        torch.manual_seed(seed)
        pretext = found.call(found.params(), encoder.dim, 3)
        try:
            pretext.prepare(encoder)
            return encoder, pretext
        except BadInput as error:
            refused.append(str(error))
    raise AssertionError(f"{name} takes no encoder: {refused}")


def step(name: str, seed: int = 0):
    """(outcome, encoder, pretext) of one forward pass on 16 random images."""
    encoder, pretext = settled(name, seed)
    torch.manual_seed(seed)
    images = torch.rand(16, 1, 16, 16)
    noisy = [(images + 0.05 * torch.randn_like(images)).clamp(0, 1) for _ in pretext.views]
    return pretext(encoder, batch(seen(pretext, noisy), seed)), encoder, pretext


def seen(pretext, images):
    """{view: images at the view's size}; images: one tensor a view."""
    sizes = [view.sides(16, 16) for view in pretext.views]
    made = [F.interpolate(x, size, mode="area") for x, size in zip(images, sizes, strict=True)]
    return dict(zip((view.name for view in pretext.views), made, strict=True))


def loop(name: str, folder: Path, stop_at: int | None = None) -> Pretraining:
    """Eight steps through the engine's own loop, views and all; asked to stop before step `stop_at`."""
    encoder, _ = settled(name)
    found, own = plugin("pretext", name), Choice(name="digits")
    torch.manual_seed(0)
    images = torch.randint(0, 256, (48, 1, 16, 16), dtype=torch.uint8)
    labels = torch.arange(48) % 3
    asked = iter(range(9))
    return Pretraining(
        encoder=encoder,
        pretext=found.call(found.params(), encoder.dim, 3),
        feed=ImageFeed(images, labels, POLICY, 16, seed=0, of=lambda view: policy_of(view, own, (1, 16, 16))),
        train=Train(epochs=3, max_steps=8, batch_size=16, log_every=4, checkpoint_every=3),
        collapse=Collapse(every=4),
        seed=0,
        device=torch.device("cpu"),
        checkpoint=folder / "state.safetensors",
        stopping=lambda: next(asked) == stop_at,
    )


def batch(views, seed: int = 0) -> Batch:
    return Batch(views, torch.arange(16) % 3, torch.Generator().manual_seed(seed), step=8, steps=16)


@pytest.mark.parametrize("name", of_kind("pretext", "image"))
class TestPretext:
    def test_loss_is_finite_and_reaches_every_parameter(self, name):
        outcome, encoder, pretext = step(name)
        assert outcome.loss.ndim == 0
        assert torch.isfinite(outcome.loss)
        outcome.loss.backward()
        # a bias before a term that ignores the mean has no gradient, and that is right
        for module in (encoder, pretext):
            weights = {n: p for n, p in module.named_parameters() if p.ndim > 1 and p.requires_grad}
            assert [n for n, p in weights.items() if p.grad is None or not p.grad.abs().sum() > 0] == []

    def test_is_deterministic(self, name):
        assert torch.equal(step(name)[0].loss, step(name)[0].loss)
        assert not torch.equal(step(name)[0].loss, step(name, seed=1)[0].loss)

    def test_places_hold_every_view_of_every_image(self, name):
        outcome, encoder, pretext = step(name)
        rows = 16 * (outcome.watched or len(pretext.views))
        assert outcome.places
        assert all(z.ndim == 2 and len(z) == rows for place, z in outcome.places.items() if place != "tokens")
        assert outcome.places.get("backbone", torch.empty(rows, encoder.dim)).shape[1] == encoder.dim
        assert all(part.ndim == 0 for part in outcome.parts.values())

    def test_learns(self, name):
        outcome, encoder, pretext = step(name)
        learned = [p for p in (*encoder.parameters(), *pretext.parameters()) if p.requires_grad]
        optimizer = torch.optim.AdamW(learned, lr=3e-3)
        first = float(outcome.loss.detach())
        images = torch.rand(16, 1, 16, 16)
        for done in range(20):
            outcome = pretext(encoder, batch(seen(pretext, [images] * len(pretext.views))))
            optimizer.zero_grad()
            outcome.loss.backward()
            optimizer.step()
            pretext.after_step(encoder, done, 20)
        assert float(outcome.loss.detach()) < first

    def test_stopped_and_resumed_equals_undisturbed_bit_for_bit(self, name, tmp_path):
        """Teachers, centres, queues and what masks have learnt are state; schedules and draws follow from the step."""
        whole = loop(name, tmp_path / "whole")
        whole.run()
        with pytest.raises(Stopped):
            loop(name, tmp_path / "parts", stop_at=5).run()
        torch.manual_seed(99)  # a new process has another global state
        parts = loop(name, tmp_path / "parts")
        parts.run()
        for module in ("encoder", "pretext"):
            first, second = getattr(whole, module).state_dict(), getattr(parts, module).state_dict()
            assert first.keys() == second.keys()
            assert [key for key in first if not torch.equal(first[key], second[key])] == []

    def test_keeps_its_time(self, name):
        start = time.process_time()
        step(name)[0].loss.backward()
        assert time.process_time() - start < 2

    def test_params_round_trip(self, name):
        params = plugin("pretext", name).params
        assert params(**params().model_dump()) == params()
        with pytest.raises(ValueError, match="extra"):
            params(no_such_key=1)


@pytest.mark.parametrize("name", ["dino", "ijepa"])
def test_a_task_with_views_and_a_teacher_of_its_own_goes_through_the_stage(name, make_job):
    """From the recipe on: the stage makes its views, trains, watches and keeps an encoder."""
    job = make_job(
        pretext={"name": name},
        encoder={"name": "vit", "patch": 2, "dim": 16, "depth": 1, "heads": 2},
        train={"epochs": 4, "batch_size": 24, "lr": 3e-3, "log_every": 1, "knn_every": 0},
        collapse={"every": 4},
        finetune={"pretrain_seeds": 1},
    )
    pretrain.run(job)
    told = [event for event, _ in read_events(job.folder.events)]
    losses = [event["body"]["loss"] for event in told if event["kind"] == "metrics"]
    assert sum(losses[-3:]) < sum(losses[:3])
    assert any(event["kind"] == "collapse" for event in told)
    assert any(event["kind"] == "encoder" for event in told)


def test_the_teacher_follows_the_student_and_no_gradient_reaches_it():
    encoder, pretext = settled("byol")
    teacher, student = pretext.teacher.copies[0], dict(encoder.named_parameters())
    before = {name: p.clone() for name, p in teacher.named_parameters()}
    with torch.no_grad():
        for p in encoder.parameters():
            p.add_(1)
    pretext.after_step(encoder, 0, 10)
    for name, p in teacher.named_parameters():
        assert torch.allclose(p, before[name] + 0.01, atol=1e-5), "momentum 0.99 at the start"
    pretext.after_step(encoder, 10, 10)
    assert all(torch.allclose(p, before[name] + 0.01, atol=1e-5) for name, p in teacher.named_parameters()), (
        "1 at the end"
    )
    assert not any(p.requires_grad for p in pretext.teacher.parameters())
    assert not any(p is student[name] for name, p in teacher.named_parameters())


def test_a_task_that_needs_patches_refuses_an_encoder_without_them():
    found, encoder = plugin("pretext", "mae"), build_encoder(SPECS[0], 0)
    with pytest.raises(BadInput, match=r"expected an encoder with patches \(vit\), found ConvNet"):
        found.call(found.params(), encoder.dim, 3).prepare(encoder)
