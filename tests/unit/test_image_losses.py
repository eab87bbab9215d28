"""The losses of tasks on images against their authors' formulas, written out here row by row."""

from __future__ import annotations

from math import log

import pytest
import torch
from torch.nn import functional as F

from backend.pretext import barlow_twins, byol, dino, lejepa, moco_v3, simsiam, swav
from backend.pretext._base import Batch
from backend.pretext._prototypes import Prototypes, agreement
from backend.pretext._teacher import Teacher, rising


class Flat(torch.nn.Module):
    """Images of 2 x 4 pixels as they are, times a weight that can be trained."""

    patch = None

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


def test_views_agree_on_clusters_no_view_with_itself():
    """Equation 2 of arXiv 2104.14294 and equation 3 of 2006.09882: H(target of a whole view, every other view)."""
    torch.manual_seed(0)
    targets = torch.rand(2, 3, 4).softmax(dim=2)
    scores = torch.randn(3, 3, 4)
    total, pairs = 0.0, 0
    for t in range(2):
        for s in range(3):
            if s != t:
                p = (scores[s] / 0.1).softmax(dim=1)
                total += float(-sum(targets[t, i] @ p[i].log() for i in range(3)) / 3)
                pairs += 1
    assert agreement(list(targets), list(scores), 0.1).item() == pytest.approx(total / pairs, rel=1e-5)
    assert agreement(list(targets), list(torch.zeros(3, 3, 4)), 0.1).item() == pytest.approx(log(4))


def test_dino_centres_and_sharpens_the_teacher_and_the_centre_follows_its_answers():
    """Equation 4 of arXiv 2104.14294: c <- m c + (1 - m) mean of the teacher's answers, of the batch before."""
    answers, centre = torch.randn(6, 4), torch.randn(4)
    paper = [[float(x) for x in ((row - centre) / 0.05).softmax(dim=0)] for row in answers]
    found = dino.sharpened(answers, centre, 0.05)
    assert [x.tolist() for x in found] == [[pytest.approx(row, abs=1e-5) for row in half] for half in
                                           (paper[:3], paper[3:])]  # fmt: skip
    task = dino.build(dino.Params(prototypes=4, centre=0.9), 8, 0)
    first, second = torch.randn(6, 4), torch.randn(6, 4)
    assert torch.allclose(task._centre(first), first.mean(dim=0))
    assert torch.allclose(task._centre(second), first.mean(dim=0))
    expected = 0.9 * first.mean(dim=0) + 0.1 * second.mean(dim=0)
    assert torch.allclose(task.centre, expected, atol=1e-6)
    assert [dino.warming(0.04, 0.06, 0.5, done) for done in (0, 0.25, 0.5, 1)] == [0.04, 0.05, 0.06, 0.06]


def test_dinos_small_views_are_the_students_alone():
    torch.manual_seed(0)
    encoder = Flat()
    task = dino.build(dino.Params(hidden=8, out=4, prototypes=5, local=1, freeze=0), 8, 0)
    task.prepare(encoder)
    views = {name: torch.rand(6, 1, 2, 4) for name in ("first", "second", "local 1")}
    outcome = task(encoder, Batch(views))
    whole = torch.cat([views["first"], views["second"]])
    targets = dino.sharpened(task.teacher(whole), task.teacher(whole).mean(dim=0), 0.04)
    answers = task.last(torch.cat([task.head(encoder(whole)), task.head(encoder(views["local 1"]))]))
    assert outcome.loss.item() == pytest.approx(agreement(targets, answers.chunk(3), 0.1).item(), rel=1e-5)


def test_frozen_prototypes_take_no_gradient():
    prototypes, embeddings = Prototypes(3, 5), torch.randn(4, 3, requires_grad=True)
    prototypes(embeddings, frozen=True).sum().backward()
    assert prototypes.weight.grad is None
    assert embeddings.grad.abs().sum() > 0
    assert torch.equal(prototypes(embeddings, frozen=True), prototypes(embeddings))
    by_hand = [[float(cosine(z, w)) for w in prototypes.weight.detach()] for z in embeddings.detach()]
    assert prototypes(embeddings).tolist() == [pytest.approx(row, abs=1e-5) for row in by_hand]


def test_sinkhorn_shares_a_batch_out_equally():
    """Algorithm 1 of arXiv 2006.09882, in its order: clusters, then rows; rows that are not there count nothing."""
    scores = torch.randn(8, 4)
    q = (scores.double() / 0.05).exp().T
    q /= q.sum()
    for _ in range(3):
        for k in range(4):
            q[k] /= q[k].sum() * 4
        for i in range(8):
            q[:, i] /= q[:, i].sum() * 8
    found = swav.sinkhorn(scores, 0.05)
    assert torch.allclose(found, (8 * q.T).float(), atol=1e-5)
    assert found.sum(dim=1).tolist() == pytest.approx([1] * 8, rel=1e-5)
    more = swav.sinkhorn(scores, 0.05, rounds=200)
    assert more.sum(dim=0).tolist() == pytest.approx([2] * 4, rel=1e-2)
    padded = torch.cat([scores, torch.full((5, 4), -torch.inf)])
    assert torch.allclose(swav.sinkhorn(padded, 0.05)[:8], found, atol=1e-6)


def test_swavs_queue_holds_the_last_embeddings_of_each_whole_view():
    torch.manual_seed(0)
    encoder = Flat()
    task = swav.build(swav.Params(hidden=8, out=4, prototypes=5, queue=9), 8, 0)
    for step in range(2):
        batch = Batch({"first": torch.rand(6, 1, 2, 4), "second": torch.rand(6, 1, 2, 4)}, step=step, steps=2)
        before = task.queue.clone()
        z = F.normalize(task(encoder, batch).places["projector"].detach(), dim=1).view(2, 6, 4)
        assert torch.allclose(task.queue[:, :6], z, atol=1e-6)
        assert torch.equal(task.queue[:, 6:], before[:, :3])
        assert int(task.queued) == (6, 9)[step]


def test_sigreg_is_the_statistic_of_epps_and_pulley():
    """Section 4 of arXiv 2511.08544: n times the integral of |phi_n - phi|^2 under a normal window."""
    torch.manual_seed(0)
    z, directions = torch.randn(2, 10, 4), F.normalize(torch.randn(4, 3), dim=0)
    knots = torch.linspace(-3, 3, 33, dtype=torch.float64)
    total = 0.0
    for view in z.double():
        for m in range(3):
            x = view @ directions[:, m].double()
            error = [(torch.exp(1j * t * x).mean() - torch.exp(-t * t / 2)).abs() ** 2 * torch.exp(-t * t / 2)
                     for t in knots]  # fmt: skip
            total += 10 * float(torch.trapezoid(torch.stack(error), knots)) / 6
    assert lejepa.sigreg(z, directions).item() == pytest.approx(total, rel=1e-4)
    even, narrow = torch.randn(1, 4000, 4), 0.1 * torch.randn(1, 4000, 4)
    assert lejepa.sigreg(even, directions) < lejepa.sigreg(narrow, directions) / 50
    views = torch.randn(3, 5, 4)
    middle = (views[0] + views[1]) / 2
    assert lejepa.spread(views).item() == pytest.approx(
        sum(float(((views[v] - middle) ** 2).mean()) for v in range(3)) / 3, rel=1e-5
    )


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
