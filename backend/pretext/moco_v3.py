"""MoCo v3: find the slow teacher's embedding of the same image among the batch's (Chen et al. 2021, arXiv 2104.02057).

The defaults are for images of 28 to 96 pixels and batches of 128 to 1,024: the negatives are the other images of the
batch, so that fewer make the task easy. Momentum and temperature are the authors', who use them at every size.
"""

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
from ._teacher import Teacher, rising

TITLE = "MoCo v3"
BOUND = "4τ ln B"
SWEPT = False
EXPERIMENTAL = "not yet shown to beat the untrained encoder by ten points on Fashion-MNIST in three CPU minutes"
ADVICE = (
    "Raise the temperature: a low one lets a few hard negatives decide the gradient.",
    "Use a larger batch: the negatives are the other images of the batch.",
    "Lower the learning rate: transformers that are trained contrastively are unstable at high ones.",
)


class Params(Strict):
    temperature: float = Field(
        0.2,
        gt=0,
        le=10,
        description="Lower makes near neighbours repel more strongly",
        json_schema_extra={"sweep": {"low": 0.05, "high": 1.0, "log": True}},
    )
    momentum: float = Field(0.99, ge=0, lt=1, description="Of the teacher at the start; it rises to 1 by the end")
    hidden: int = Field(256, ge=8, le=8192, description="Width of the hidden layer of projector and predictor")
    out: int = Field(64, ge=2, le=8192, description="Length of the embedding that the loss compares")


class MoCoV3(Pretext):
    sphere = True

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.temperature, self.momentum = params.temperature, params.momentum
        self.projector = projector(dim, params.hidden, params.out, norm=True)
        self.predictor = projector(params.out, params.hidden, params.out, norm=True)

    def prepare(self, encoder: Encoder) -> None:
        self.teacher = Teacher(encoder, self.projector)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        images = torch.cat(batch.every)
        backbone = encoder(images)
        projected = self.projector(backbone)
        predicted = self.predictor(projected)
        return Outcome(
            loss=contrast(predicted, self.teacher(images), self.temperature),
            places={"backbone": backbone, "projector": projected, "predictor": predicted},
            bound=4 * self.temperature * log(len(images) // 2),
        )

    def after_step(self, encoder: Encoder, step: int, steps: int) -> None:
        self.teacher.follow((encoder, self.projector), rising(self.momentum, step, steps))


def contrast(queries: Tensor, keys: Tensor, temperature: float) -> Tensor:
    """ctr(q1, k2) + ctr(q2, k1): the cross entropy of each query over the other view's keys, times 2 tau.

    queries, keys: 2B x p, view-major; 4 tau ln B where all look alike.
    """
    (q1, q2), (k1, k2) = (F.normalize(z.float(), dim=1).chunk(2) for z in (queries, keys))
    own = torch.arange(len(q1), device=q1.device)
    losses = (F.cross_entropy(q @ k.T / temperature, own) for q, k in ((q1, k2), (q2, k1)))
    return 2 * temperature * sum(losses)


def build(params: Params, dim: int, classes: int) -> Pretext:
    return MoCoV3(params, dim)
