"""Barlow Twins: the views' cross-correlation becomes the identity (Zbontar et al. 2021, arXiv 2103.03230).

The defaults are for images of 28 to 96 pixels and batches of 64 to 1,024; it needs neither negatives nor a teacher. On
large images the authors gain from embeddings of thousands of numbers, which small sets do not fill.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from ..encoders._base import Encoder
from ..registry import Strict
from ._base import Batch, Outcome, Pretext
from ._projector import projector

TITLE = "Barlow Twins"
EPSILON = 1e-5  # under the root, as in the authors' BatchNorm
SWEPT = False
EXPERIMENTAL = "not yet shown to beat the untrained encoder by ten points on Fashion-MNIST in three CPU minutes"
ADVICE = (
    "Raise the weight of the redundancy if the rank is low: it is the term that decorrelates the dimensions.",
    "Use a larger batch: correlations over few images are noise.",
    "Weaken or vary the augmentation: views that share nothing, or everything, leave no signal.",
)


class Params(Strict):
    redundancy: float = Field(
        0.005,
        ge=0,
        le=1,
        description="Weight of the correlations between different dimensions",
        json_schema_extra={"sweep": {"low": 0.001, "high": 0.05, "log": True}},
    )
    hidden: int = Field(256, ge=8, le=8192, description="Width of the projector's hidden layer")
    out: int = Field(256, ge=2, le=8192, description="Length of the embedding that the loss compares")


class BarlowTwins(Pretext):
    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.redundancy = params.redundancy
        self.projector = projector(dim, params.hidden, params.out)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        backbone = encoder(torch.cat(batch.every))
        projected = self.projector(backbone)
        parts = dict(zip(("invariance", "redundancy"), terms(*projected.float().chunk(2)), strict=True))
        loss = parts["invariance"] + self.redundancy * parts["redundancy"]
        return Outcome(loss, parts, places={"backbone": backbone, "projector": projected})


def terms(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """(sum of (1 - c_ii)^2, sum of the squares of the other entries) of the cross-correlation c of a and b, B x p."""
    a, b = (_standardised(z) for z in (a, b))
    correlation = a.T @ b / len(a)
    own = correlation.diagonal()
    return (1 - own).square().sum(), correlation.square().sum() - own.square().sum()


def _standardised(z: Tensor) -> Tensor:
    variance, mean = torch.var_mean(z, dim=0, correction=0)
    return (z - mean) / (variance + EPSILON).sqrt()


def build(params: Params, dim: int, classes: int) -> Pretext:
    return BarlowTwins(params, dim)
