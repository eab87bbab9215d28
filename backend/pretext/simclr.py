"""SimCLR: two views of an image attract, all others repel (NT-Xent; Chen et al. 2020, arXiv 2002.05709)."""

from __future__ import annotations

from math import log

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from ..encoders._base import Encoder
from ..registry import Strict
from ._base import Batch, Outcome, Pretext
from ._projector import projector

TITLE = "SimCLR"
BOUND = "ln(2B−1)"
ADVICE = (
    "Raise the temperature: a low one lets a few hard negatives decide the gradient.",
    "Use a larger batch: more negatives push the embeddings apart.",
    "Weaken or vary the augmentation: views that share nothing, or everything, leave no signal.",
)


class Params(Strict):
    temperature: float = Field(
        0.2,
        gt=0,
        le=10,
        description="Lower makes near neighbours repel more strongly",
        json_schema_extra={"sweep": {"low": 0.05, "high": 1.0, "log": True}},
    )
    hidden: int = Field(256, ge=8, le=8192, description="Width of the projector's hidden layer")
    out: int = Field(64, ge=2, le=8192, description="Length of the embedding that the loss compares")
    rank: int = Field(0, ge=0, le=64, description="Squeeze the projector to this rank; 0: not (2 plants a collapse)")


class SimCLR(Pretext):
    sphere = True

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.temperature = params.temperature
        self.projector = projector(dim, params.hidden, params.out, params.rank)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        backbone = encoder(torch.cat(batch.every))
        projected = self.projector(backbone)
        return Outcome(
            loss=nt_xent(projected, self.temperature),
            places={"backbone": backbone, "projector": projected},
            bound=log(len(projected) - 1),
        )


def nt_xent(projected: Tensor, temperature: float) -> Tensor:
    """NT-Xent of 2B x p embeddings, view-major: row i and row i + B are views of one image.

    Each row's cross entropy over the cosines to the 2B - 1 others; ln(2B - 1) when all look alike.
    """
    z = F.normalize(projected.float(), dim=1)
    similarity = (z @ z.T / temperature).fill_diagonal_(-torch.inf)
    partner = torch.arange(len(z), device=z.device).roll(len(z) // 2)
    return F.cross_entropy(similarity, partner)


def build(params: Params, dim: int, classes: int) -> Pretext:
    return SimCLR(params, dim)
