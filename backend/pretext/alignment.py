"""Alignment alone: views attract and nothing repels. Collapses by design; shows what the alarm looks like."""

from __future__ import annotations

import torch
from pydantic import Field
from torch.nn import functional as F

from ..encoders._base import Encoder
from ..registry import Strict
from ._base import Batch, Outcome, Pretext
from ._projector import projector

TITLE = "alignment alone"
SWEPT = False
ADVICE = ("Choose another pretext task: this one collapses by design, since nothing pushes the embeddings apart.",)


class Params(Strict):
    hidden: int = Field(256, ge=8, le=8192, description="Width of the projector's hidden layer")
    out: int = Field(64, ge=2, le=8192, description="Length of the embedding that the loss compares")


class Alignment(Pretext):
    """E ||x - x+||^2 on the unit sphere, the alignment term of arXiv 2005.10242, and no uniformity term."""

    sphere = True

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.projector = projector(dim, params.hidden, params.out)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        backbone = encoder(torch.cat(batch.every))
        projected = self.projector(backbone)
        a, b = F.normalize(projected.float(), dim=1).chunk(2)
        loss = (a - b).square().sum(dim=1).mean()
        return Outcome(loss, places={"backbone": backbone, "projector": projected})


def build(params: Params, dim: int, classes: int) -> Pretext:
    return Alignment(params, dim)
