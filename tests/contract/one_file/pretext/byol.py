"""BYOL: predict a slow teacher's view of the image, without negatives (Grill et al. 2020, arXiv 2006.07733)."""

from __future__ import annotations

from copy import deepcopy
from math import cos, pi

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from backend.encoders._base import Encoder
from backend.pretext._base import Batch, Outcome, Pretext, View
from backend.pretext._projector import projector
from backend.registry import Strict

ADVICE = ("Raise the momentum: a teacher that follows at once agrees with anything.",)


class Params(Strict):
    momentum: float = Field(0.99, ge=0, lt=1, description="Of the teacher at the start; it rises to 1")
    out: int = Field(32, ge=2, description="Length of the projections that are compared")


class BYOL(Pretext):
    sphere = True
    views = (View("strong"), View("weak", augment="photo", params={"strength": 0.2}))

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.momentum = params.momentum
        self.project = projector(dim, 64, params.out)
        self.predict = nn.Sequential(nn.Linear(params.out, 64), nn.ReLU(), nn.Linear(64, params.out))

    def prepare(self, encoder: Encoder) -> None:
        """The teacher: a copy of encoder and projector that no gradient reaches."""
        self.teacher = nn.ModuleList([deepcopy(encoder), deepcopy(self.project)]).requires_grad_(False)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        images = torch.cat([batch.views["strong"], batch.views["weak"]])
        backbone = encoder(images)
        projected = self.project(backbone)
        with torch.no_grad():
            target = self.teacher[1](self.teacher[0](images)).roll(len(images) // 2, dims=0)
        loss = 2 - 2 * F.cosine_similarity(self.predict(projected), target).mean()
        return Outcome(loss, places={"backbone": backbone, "projector": projected})

    @torch.no_grad()
    def after_step(self, encoder: Encoder, step: int, steps: int) -> None:
        keep = 1 - (1 - self.momentum) * (cos(pi * step / steps) + 1) / 2
        for mine, theirs in zip(self.teacher.parameters(), self._student(encoder), strict=True):
            mine.lerp_(theirs, 1 - keep)

    def _student(self, encoder: Encoder) -> list[Tensor]:
        return [*encoder.parameters(), *self.project.parameters()]


def build(params: Params, dim: int, classes: int) -> Pretext:
    return BYOL(params, dim)
