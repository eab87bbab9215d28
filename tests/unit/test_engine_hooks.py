"""What the loop offers a task: a teacher that follows, a schedule, draws of its own; it all resumes bit for bit."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from backend.engine.job import Stopped
from backend.pretext._base import Outcome, Pretext
from tests.unit.test_engine_pretrain import pretraining


class Following(Pretext):
    """A student predicts a slow teacher (as BYOL does), from pixels of which it draws some away."""

    sphere = True

    def __init__(self, dim: int):
        super().__init__()
        self.predictor = torch.nn.Linear(dim, dim)
        self.register_buffer("centre", torch.zeros(dim))
        self.seen: list[tuple[int, int, float]] = []

    def prepare(self, encoder):
        self.teacher = deepcopy(encoder).requires_grad_(False)

    def forward(self, encoder, batch):
        self.seen.append((batch.step, batch.steps, batch.progress))
        first, second = batch.every
        kept = torch.rand(first.shape, generator=batch.generator, device=first.device) > 0.2 * batch.progress
        student = self.predictor(encoder(first * kept))
        with torch.no_grad():
            target = self.teacher(second) - self.centre
        return Outcome(-F.cosine_similarity(student, target).mean(), places={"backbone": student}, watched=1)

    @torch.no_grad()
    def after_step(self, encoder, step, steps):
        rate = 0.5 + 0.5 * step / steps
        for slow, fast in zip(self.teacher.parameters(), encoder.parameters(), strict=True):
            slow.lerp_(fast, 1 - rate)
        self.centre += 0.01


def following(folder, stop_at=None):
    build = SimpleNamespace(build=lambda params, dim, classes: Following(dim), Params=dict)
    return pretraining(folder, build, stop_at)


def test_a_teacher_follows_and_a_stopped_run_goes_on_bit_for_bit(tmp_path):
    whole = following(tmp_path / "a")
    start = deepcopy(whole.pretext.teacher)
    whole.run()
    with pytest.raises(Stopped):
        following(tmp_path / "b", stop_at=9).run()
    parts = following(tmp_path / "b")
    parts.run()
    first, second = whole.pretext.state_dict(), parts.pretext.state_dict()
    assert first.keys() == second.keys()
    assert [name for name in first if not torch.equal(first[name], second[name])] == []
    assert any(
        not torch.equal(a, b) for a, b in zip(start.parameters(), whole.pretext.teacher.parameters(), strict=True)
    )
    assert whole.pretext.centre[0] == pytest.approx(0.01 * whole.steps, rel=1e-5)


def test_a_task_is_told_which_step_of_how_many_it_is(tmp_path):
    run = following(tmp_path)
    run.run()
    assert run.pretext.seen == [(step, run.steps, step / run.steps) for step in range(run.steps)]


def test_a_teacher_is_not_trained(tmp_path):
    run = following(tmp_path)
    run.run()
    assert all(p.grad is None for p in run.pretext.teacher.parameters())
