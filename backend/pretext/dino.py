"""DINO: agree with a slow teacher on soft clusters, centred and sharpened (Caron et al. 2021, arXiv 2104.14294).

The defaults are for images of 28 to 96 pixels, batches of 64 to 512 and some thousand steps: 256 prototypes instead of
65,536, a momentum of 0.99 instead of 0.996, two small views instead of eight, and BatchNorm in the head, without which
a short training hardly leaves the few directions of an untrained head. More images take more prototypes.
"""

from __future__ import annotations

from math import log

import torch
from pydantic import Field
from torch import Tensor

from ..encoders._base import Encoder
from ..registry import Strict
from ._base import Batch, Outcome, Pretext
from ._crops import encoded, fitted, multi_crop
from ._projector import projector
from ._prototypes import Prototypes, agreement
from ._teacher import Teacher, rising

TITLE = "DINO"
SWEPT = False
EXPERIMENTAL = "not yet shown to beat the untrained encoder by ten points on Fashion-MNIST in three CPU minutes"
BOUND = "ln prototypes"
ADVICE = (
    "With a loss at ln prototypes, sharpen: lower the teacher's temperature.",
    "With a loss near 0, centre faster: lower the centre's momentum.",
    "Lower the learning rate, or raise the momentum: the teacher must move slowly.",
)


class Params(Strict):
    prototypes: int = Field(256, ge=2, le=65_536, description="Soft clusters that student and teacher must agree on")
    temperature: float = Field(0.1, gt=0, le=10, description="Of the student")
    teacher_temperature: float = Field(
        0.04,
        gt=0,
        le=10,
        description="Of the teacher; lower than the student's: that sharpens",
        json_schema_extra={"sweep": {"low": 0.02, "high": 0.08, "log": True}},
    )
    teacher_end: float = Field(0.06, gt=0, le=10, description="Of the teacher after the warm-up")
    warm_up: float = Field(0.3, ge=0, le=1, description="Share of the steps in which its temperature goes there")
    momentum: float = Field(0.99, ge=0, lt=1, description="Of the teacher at the start; it rises to 1 by the end")
    centre: float = Field(0.9, ge=0, le=1, description="Momentum of the centre; 1 centres nothing")
    freeze: float = Field(0.02, ge=0, le=1, description="Share of the steps in which the prototypes stay as they are")
    local: int = Field(2, ge=0, le=10, description="Small views beside the two whole ones; the teacher sees none")
    hidden: int = Field(256, ge=8, le=8192, description="Width of the head's hidden layers")
    out: int = Field(64, ge=2, le=8192, description="Length of the embedding that prototypes are compared with")


class DINO(Pretext):
    sphere = True

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.params = params
        self.views = multi_crop(params.local)
        self.head = projector(dim, params.hidden, params.out, layers=3)
        self.last = Prototypes(params.out, params.prototypes)
        self.register_buffer("centre", torch.zeros(params.prototypes))
        self.register_buffer("centred", torch.zeros((), dtype=torch.bool))

    def prepare(self, encoder: Encoder) -> None:
        self.views = fitted(self.views, encoder)
        self.teacher = Teacher(encoder, self.head, self.last)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        p, views = self.params, batch.every
        whole, small = encoded(encoder, views)
        projected = self.head(whole)
        every = projected if small is None else torch.cat([projected, self.head(small)])
        answers = self.last(every, frozen=batch.progress < p.freeze)
        targets = self.teacher(torch.cat(views[:2])).float()
        sharp = warming(p.teacher_temperature, p.teacher_end, p.warm_up, batch.progress)
        loss = agreement(sharpened(targets, self._centre(targets), sharp), answers.chunk(len(views)), p.temperature)
        return Outcome(loss, places={"backbone": whole, "projector": projected}, bound=log(p.prototypes), watched=2)

    @torch.no_grad()
    def _centre(self, answers: Tensor) -> Tensor:
        """The centre up to this batch, which moves it on. It starts at the first batch's mean: from 0, as the authors',
        a short training would first unlearn what the untrained teacher answers to everything."""
        mean = answers.mean(dim=0)
        now = torch.where(self.centred, self.centre, mean * (self.params.centre < 1))
        self.centre.copy_(now.lerp(mean, 1 - self.params.centre))
        self.centred.fill_(True)
        return now

    def after_step(self, encoder: Encoder, step: int, steps: int) -> None:
        self.teacher.follow((encoder, self.head, self.last), rising(self.params.momentum, step, steps))


def warming(start: float, end: float, share: float, progress: float) -> float:
    """From `start` to `end` in equal steps over this share of the training, then `end`."""
    return end if progress >= share else start + (end - start) * progress / share


def sharpened(answers: Tensor, centre: Tensor, temperature: float) -> list[Tensor]:
    """Shares of the clusters that the teacher sees in its two whole views, B x K each.

    answers: 2B x K, view-major; centre: K, what it answers to anything.
    """
    return list(((answers - centre) / temperature).softmax(dim=1).chunk(2))


def build(params: Params, dim: int, classes: int) -> Pretext:
    return DINO(params, dim)
