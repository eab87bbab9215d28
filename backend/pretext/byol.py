"""BYOL: predict a slow teacher's view of the image; nothing repels (Grill et al. 2020, arXiv 2006.07733).

The defaults are for images of 28 to 96 pixels, batches of 64 to 512 and some thousand steps: a teacher of momentum 0.99
has caught up after a hundred steps. Millions of images and hundreds of thousands of steps take 0.996 and wider layers.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from ..encoders._base import Encoder
from ..registry import Strict
from ._base import Batch, Outcome, Pretext
from ._projector import projector
from ._teacher import Teacher, rising

TITLE = "BYOL"
SWEPT = False
EXPERIMENTAL = "not yet shown to beat the untrained encoder by ten points on Fashion-MNIST in three CPU minutes"
ADVICE = (
    "Raise the momentum: a teacher that follows at once agrees with anything.",
    "Train the predictor at no lower rate than the encoder: it must stay ahead of the teacher.",
    "Strengthen the augmentation: views that are nearly equal ask for nothing.",
)


class Params(Strict):
    momentum: float = Field(
        0.99,
        ge=0,
        lt=1,
        description="Of the teacher at the start; it rises to 1 by the end",
        json_schema_extra={"sweep": {"low": 0.9, "high": 0.999}},
    )
    hidden: int = Field(256, ge=8, le=8192, description="Width of the hidden layer of projector and predictor")
    out: int = Field(64, ge=2, le=8192, description="Length of the embedding that is predicted")


class BYOL(Pretext):
    sphere = True

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.momentum = params.momentum
        self.projector = projector(dim, params.hidden, params.out)
        self.predictor = projector(params.out, params.hidden, params.out)

    def prepare(self, encoder: Encoder) -> None:
        self.teacher = Teacher(encoder, self.projector)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        images = torch.cat(batch.every)
        backbone = encoder(images)
        projected = self.projector(backbone)
        predicted = self.predictor(projected)
        loss = regression(predicted, self.teacher(images))
        return Outcome(loss, places={"backbone": backbone, "projector": projected, "predictor": predicted})

    def after_step(self, encoder: Encoder, step: int, steps: int) -> None:
        self.teacher.follow((encoder, self.projector), rising(self.momentum, step, steps))


def regression(predicted: Tensor, target: Tensor) -> Tensor:
    """Squared distance on the sphere of each view's prediction to the other view's target, both directions added.

    predicted, target: 2B x p, view-major; 0 where all agree, 4 where they have nothing to do with each other.
    """
    other = target.roll(len(target) // 2, dims=0)
    return 2 * (2 - 2 * F.cosine_similarity(predicted.float(), other.float())).mean()


def build(params: Params, dim: int, classes: int) -> Pretext:
    return BYOL(params, dim)
