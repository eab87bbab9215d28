"""The losses against their papers' formulas, written out here image by image."""

from __future__ import annotations

from math import log

import pytest
import torch
from torch.nn import functional as F

from backend.pretext import supervised, vicreg
from backend.pretext._base import Batch
from backend.pretext._projector import projector
from backend.pretext.simclr import nt_xent
from backend.workspace.layout import BadInput


def paper_nt_xent(z: torch.Tensor, temperature: float) -> torch.Tensor:
    """Equation 1 of arXiv 2002.05709, averaged over all 2N ordered positive pairs."""
    n = len(z) // 2
    losses = []
    for i in range(2 * n):
        j = (i + n) % (2 * n)
        similar = [F.cosine_similarity(z[i], z[k], dim=0) / temperature for k in range(2 * n)]
        others = torch.stack([similar[k].exp() for k in range(2 * n) if k != i]).sum()
        losses.append(-torch.log(similar[j].exp() / others))
    return torch.stack(losses).mean()


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
def test_nt_xent_is_the_papers(temperature):
    z = torch.randn(10, 7, dtype=torch.float32)
    assert nt_xent(z, temperature).item() == pytest.approx(paper_nt_xent(z, temperature).item(), rel=1e-4)


def test_nt_xent_at_total_collapse_is_its_bound():
    assert nt_xent(torch.ones(16, 5), 0.2).item() == pytest.approx(log(15), rel=1e-5)


def paper_vicreg(a: torch.Tensor, b: torch.Tensor) -> dict[str, float]:
    """Equations 1 to 6 of arXiv 2105.04906 with gamma = 1, epsilon = 1e-4."""

    def v(z):
        return sum(max(0.0, 1 - float(torch.sqrt(z[:, j].var() + 1e-4))) for j in range(z.shape[1])) / z.shape[1]

    def c(z):
        matrix = torch.cov(z.T)
        off = matrix - torch.diag(torch.diag(matrix))
        return float((off**2).sum() / z.shape[1])

    return {"invariance": float(((a - b) ** 2).mean()), "variance": (v(a) + v(b)) / 2, "covariance": c(a) + c(b)}


def test_vicreg_parts_are_the_papers():
    a, b = torch.randn(12, 6), 0.5 * torch.randn(12, 6)
    paper = paper_vicreg(a, b)
    assert F.mse_loss(a, b).item() == pytest.approx(paper["invariance"], rel=1e-5)
    assert (vicreg.variance(a) + vicreg.variance(b)).item() / 2 == pytest.approx(paper["variance"], rel=1e-5)
    assert (vicreg.covariance(a) + vicreg.covariance(b)).item() == pytest.approx(paper["covariance"], rel=1e-4)


def test_a_rank_in_the_projector_is_the_rank_of_its_output():
    z = projector(16, 32, 24, rank=2)(torch.randn(64, 16))
    assert torch.linalg.matrix_rank(z - z.mean(dim=0), rtol=1e-4) == 2


class Flat(torch.nn.Module):
    def forward(self, images):
        return images.flatten(1)


def test_supervised_ignores_missing_labels_and_needs_two_classes():
    task = supervised.build(supervised.Params(), 4, 3)
    views = {"only": torch.rand(6, 1, 2, 2)}
    labels = torch.tensor([0, 1, 2, -1, -1, -1])
    outcome = task(Flat(), Batch(views, labels))
    known = F.cross_entropy(task.head(views["only"].flatten(1))[:3], labels[:3])
    assert outcome.loss.item() == pytest.approx(known.item(), rel=1e-5)
    assert task(Flat(), Batch(views, torch.full((6,), -1))).loss.item() == 0
    with pytest.raises(BadInput, match="at least 2 classes, found 1"):
        supervised.build(supervised.Params(), 4, 1)
