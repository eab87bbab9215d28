"""LeJEPA: views agree and embeddings become normal (SIGReg; Balestriero & LeCun 2025, arXiv 2511.08544).

The defaults are for images of 28 to 96 pixels and batches of 128 to 512. The weight of the push is its one setting that
matters: with a hundredth of the right one the embeddings collapse.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from ..encoders._base import Encoder
from ..registry import Strict
from ._base import Batch, Outcome, Pretext
from ._crops import encoded, fitted, multi_crop
from ._projector import projector

TITLE = "LeJEPA"
SWEPT = False
EXPERIMENTAL = "not yet shown to beat the untrained encoder by ten points on Fashion-MNIST in three CPU minutes"
KNOTS, REACH = 17, 3.0  # of the characteristic functions' integral, from 0 to REACH; both are even
ADVICE = (
    "Raise the weight of SIGReg: it is the term that spreads the embeddings.",
    "Use a larger batch: the statistic is that of the batch.",
    "Weaken or vary the augmentation: views that share nothing, or everything, leave no signal.",
)


class Params(Strict):
    weight: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Of SIGReg; the agreement of the views has the rest",
        json_schema_extra={"sweep": {"low": 0.01, "high": 0.3, "log": True}},
    )
    slices: int = Field(128, ge=1, le=8192, description="Random directions in which the distribution is looked at")
    local: int = Field(0, ge=0, le=10, description="Small views beside the two whole ones, which follow these")
    hidden: int = Field(256, ge=8, le=8192, description="Width of the projector's hidden layers")
    out: int = Field(32, ge=2, le=8192, description="Length of the embedding that the loss compares")


class LeJEPA(Pretext):
    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.weight, self.slices = params.weight, params.slices
        self.views = multi_crop(params.local)
        self.projector = projector(dim, params.hidden, params.out, layers=3)

    def prepare(self, encoder: Encoder) -> None:
        self.views = fitted(self.views, encoder)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        views = batch.every
        whole, small = encoded(encoder, views)
        projected = self.projector(whole)
        every = projected if small is None else torch.cat([projected, self.projector(small)])
        z = every.float().unflatten(0, (len(views), -1))
        directions = torch.randn(z.shape[2], self.slices, generator=batch.generator, device=z.device)
        parts = {"agreement": spread(z), "sigreg": sigreg(z, F.normalize(directions, dim=0))}
        loss = (1 - self.weight) * parts["agreement"] + self.weight * parts["sigreg"]
        return Outcome(loss, parts, places={"backbone": whole, "projector": projected}, watched=2)


def spread(z: Tensor) -> Tensor:
    """Mean squared distance of every view, V x B x p, to the mean of the two whole ones, which come first."""
    return (z - z[:2].mean(dim=0)).square().mean()


def sigreg(z: Tensor, directions: Tensor) -> Tensor:
    """Epps and Pulley's statistic against N(0, 1) in each direction of each view, averaged.

    z: V x B x p; directions: unit vectors, p x M. B times the integral of |phi_B(t) - exp(-t^2 / 2)|^2 exp(-t^2 / 2)
    over -REACH to REACH, by trapezes, phi_B the characteristic function of the B projections.
    """
    t = torch.linspace(0, REACH, KNOTS, device=z.device)
    normal = (-t.square() / 2).exp()
    steps = torch.full_like(t, 2 * REACH / (KNOTS - 1))
    steps[[0, -1]] /= 2
    at = (z @ directions)[..., None] * t
    error = (at.cos().mean(dim=1) - normal).square() + at.sin().mean(dim=1).square()
    return z.shape[1] * (error @ (steps * normal)).mean()


def build(params: Params, dim: int, classes: int) -> Pretext:
    return LeJEPA(params, dim)
