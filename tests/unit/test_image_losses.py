"""The losses of tasks on images against their authors' formulas, written out here row by row."""

from __future__ import annotations

from math import log

import pytest
import torch

from backend.pretext import barlow_twins, byol, moco_v3, simsiam
from backend.pretext._base import Batch
from backend.pretext._teacher import Teacher, rising


class Flat(torch.nn.Module):
    """Images of 2 x 4 pixels as they are, times a weight that can be trained."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(8))

    def forward(self, images):
        return images.flatten(1) * self.weight


def cosine(a, b):
    return (a * b).sum() / (a.norm() * b.norm())


def settled(module, **params):
    """(task of small widths on `Flat`, encoder, batch of two views of 6 images); the teacher is another network."""
    torch.manual_seed(3)
    encoder = Flat()
    task = module.build(module.Params(hidden=8, out=4, **params), 8, 0)
    task.prepare(encoder)
    if hasattr(task, "teacher"):
        with torch.no_grad():
            for p in task.teacher.parameters():
                p.add_(0.3 * torch.randn_like(p))
    return task, encoder, Batch({"first": torch.rand(6, 1, 2, 4), "second": torch.rand(6, 1, 2, 4)})


def test_byol_predicts_the_teachers_other_view():
    """Equations 2 and 3 of arXiv 2006.07733: ||q(z) - z'||^2 of unit vectors, and the same with the views exchanged."""
    task, encoder, batch = settled(byol)
    both = torch.cat(batch.every)
    predicted, target = task.predictor(task.projector(encoder(both))).detach(), task.teacher(both)
    p, z = ([row / row.norm() for row in side] for side in (predicted, target))
    paper = sum(float((p[i] - z[6 + i]).square().sum() + (p[6 + i] - z[i]).square().sum()) for i in range(6)) / 6
    assert task(encoder, batch).loss.item() == pytest.approx(paper, rel=1e-5)
    assert not target.requires_grad


def test_simsiam_predicts_the_other_view_and_only_the_prediction_learns():
    """Algorithm 1 of arXiv 2011.10566: L = D(p1, z2) / 2 + D(p2, z1) / 2, D the negative cosine to a stopped z."""
    task, encoder, batch = settled(simsiam)
    projected = task.projector(encoder(torch.cat(batch.every)))
    predicted = task.predictor(projected)
    (p1, p2), (z1, z2) = predicted.chunk(2), projected.detach().chunk(2)
    paper = sum(-cosine(p1[i], z2[i]) / 2 - cosine(p2[i], z1[i]) / 2 for i in range(6)) / 6
    found = task(encoder, batch).loss
    assert found.item() == pytest.approx(paper.item(), rel=1e-5)
    (expected,), (gradient,) = (torch.autograd.grad(loss, [encoder.weight]) for loss in (paper, found))
    assert torch.allclose(gradient, expected, atol=1e-6)


def test_barlow_twins_terms_are_the_papers():
    """Equations 1 and 2 of arXiv 2103.03230; both batches standardised by their own mean and (biased) variance."""
    torch.manual_seed(0)
    a, b = 3 + torch.randn(12, 5), torch.randn(12, 5) * 2
    invariance = redundancy = 0.0
    for i in range(5):
        for j in range(5):
            x, y = a[:, i] - a[:, i].mean(), b[:, j] - b[:, j].mean()
            c = float((x * y).sum() / (x.square().sum().sqrt() * y.square().sum().sqrt()))
            if i == j:
                invariance += (1 - c) ** 2
            else:
                redundancy += c**2
    found = barlow_twins.terms(a, b)
    assert [x.item() for x in found] == pytest.approx([invariance, redundancy], rel=1e-4)
    task, encoder, batch = settled(barlow_twins, redundancy=0.01)
    outcome = task(encoder, batch)
    on, off = barlow_twins.terms(*task.projector(encoder(torch.cat(batch.every))).chunk(2))
    assert outcome.loss.item() == pytest.approx((on + 0.01 * off).item(), rel=1e-5)


def test_moco_v3_finds_the_teachers_key_among_the_batchs():
    """Algorithm 1 of arXiv 2104.02057: ctr(q1, k2) + ctr(q2, k1), each a cross entropy over the rows times 2 tau."""
    torch.manual_seed(0)
    q, k, tau = torch.randn(10, 4), torch.randn(10, 4), 0.3
    paper = 0.0
    for queries, keys in ((q[:5], k[5:]), (q[5:], k[:5])):
        for i in range(5):
            similar = torch.stack([cosine(queries[i], keys[j]) / tau for j in range(5)])
            paper += float(-(similar[i] - similar.exp().sum().log())) / 5 * 2 * tau
    assert moco_v3.contrast(q, k, tau).item() == pytest.approx(paper, rel=1e-4)
    assert moco_v3.contrast(k, q, tau).item() != pytest.approx(paper, rel=1e-2)
    task, encoder, batch = settled(moco_v3, temperature=tau)
    both, outcome = torch.cat(batch.every), task(encoder, batch)
    expected = moco_v3.contrast(task.predictor(task.projector(encoder(both))), task.teacher(both), tau)
    assert outcome.loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert moco_v3.contrast(torch.ones(10, 4), torch.ones(10, 4), tau).item() == pytest.approx(4 * tau * log(5))


def test_a_teacher_follows_by_its_momentum_which_rises_to_one():
    student = torch.nn.Linear(2, 2)
    teacher = Teacher(student)
    before = [p.clone() for p in teacher.parameters()]
    with torch.no_grad():
        for p in student.parameters():
            p.add_(1)
    teacher.follow((student,), 0.75)
    assert all(torch.allclose(p, old + 0.25) for p, old in zip(teacher.parameters(), before, strict=True))
    assert [rising(0.9, step, 10) for step in (0, 5, 10)] == pytest.approx([0.9, 0.95, 1.0])
