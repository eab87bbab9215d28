"""TF-C: a window's vector in time and its vector in frequency must agree (Zhang et al. 2022, arXiv 2206.08496).

Two views of a window attract in each of the two domains (NT-Xent), and across the domains the distance of a window's
own two vectors must be below that to changed ones. A second encoder of the same kind reads the spectrum; it is thrown
away after pretraining, and what leaves is the one of time.
"""

from __future__ import annotations

from copy import deepcopy
from math import log
from typing import Any

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from ..encoders._series import SeriesEncoder
from ..registry import Strict
from ._base import Batch, Outcome, Pretext, View
from ._projector import projector
from ._series import watched
from .simclr import nt_xent

TITLE = "TF-C"
KINDS = ("series",)
BOUND = "λ·2·ln(2B−1) + (1−λ)·margin"
ADVICE = (
    "Change the windows less: their spectrum must still be their own.",
    "Take longer windows: a spectrum of a few steps says little.",
    "Raise the temperature: windows of one unit that overlap repel each other.",
)


class Params(Strict):
    temperature: float = Field(0.2, gt=0, le=10, description="Lower makes near neighbours repel more strongly",
                               json_schema_extra={"sweep": {"low": 0.05, "high": 1.0, "log": True}})  # fmt: skip
    weight: float = Field(0.5, gt=0, lt=1, description="Of the contrast within the domains; the rest is across them")
    margin: float = Field(1.0, gt=0, le=10, description="How much nearer a window's own two vectors must be")
    bins: float = Field(0.1, ge=0, lt=1, description="Share of the spectrum that a view loses, and that is added")
    hidden: int = Field(256, ge=8, le=8192, description="Width of the projectors' hidden layer")
    out: int = Field(64, ge=2, le=8192, description="Length of the vectors that the loss compares")


class TFC(Pretext):
    views = (View("plain", augment="none"), View("changed"))
    sphere = True

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.params = params
        self.of_time = projector(dim, params.hidden, params.out)
        self.of_frequency = projector(dim, params.hidden, params.out)

    def prepare(self, encoder: SeriesEncoder) -> None:
        self.frequency = deepcopy(encoder)

    def forward(self, encoder: SeriesEncoder, batch: Batch) -> Outcome:
        plain, changed = batch.every
        p, count = self.params, len(plain)
        frames = encoder.frames(torch.cat([plain, changed]))
        backbone = encoder.pooled(frames)
        found = spectrum(plain)
        spectra = self.frequency(torch.cat([found, self.changed(found, batch.generator)]))
        time, frequency = self.of_time(backbone), self.of_frequency(spectra)
        within = nt_xent(time, p.temperature) + nt_xent(frequency, p.temperature)
        z, f = F.normalize(time.float(), dim=1).split(count), F.normalize(frequency.float(), dim=1).split(count)
        near = (z[0] - f[0]).norm(dim=1)
        others = ((z[0], f[1]), (z[1], f[0]), (z[1], f[1]))
        across = torch.stack([F.relu(near - (a - b).norm(dim=1) + p.margin) for a, b in others]).mean()
        bound = p.weight * 2 * log(2 * count - 1) + (1 - p.weight) * p.margin
        loss = p.weight * within + (1 - p.weight) * across
        places = watched(backbone, frames, projector=time)
        return Outcome(loss, {"within": within, "across": across}, places, bound)

    def changed(self, found: Tensor, draw: torch.Generator) -> Tensor:
        """Some bins of a spectrum lose their height, and some small ones gain a tenth of the highest."""
        chance = torch.rand(found.shape, generator=draw, device=found.device)
        raised = torch.maximum(found, 0.1 * found.amax(dim=2, keepdim=True))
        return torch.where(chance < self.params.bins, 0.0, torch.where(chance > 1 - self.params.bins, raised, found))


def spectrum(windows: Tensor) -> Tensor:
    """B x C x T, NaN where missing -> B x C x T: the height of each frequency (both signs), over the root of T; a
    channel's mean stands in for what is missing."""
    level = torch.nan_to_num(windows.nanmean(dim=2, keepdim=True))
    filled = torch.where(windows.isnan(), level, windows).float()
    return torch.fft.fft(filled, norm="ortho").abs()


def build(params: Params, dim: int, described: dict[str, Any]) -> Pretext:
    return TFC(params, dim)
