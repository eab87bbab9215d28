"""Contrast of augmented windows: two views of a window attract, all others repel (SimCLR's loss, arXiv 2002.05709).

How a window is changed says the recipe's augmentation: machine_sensors, ecg.
"""

from __future__ import annotations

from math import log
from typing import Any

import torch

from ..encoders._series import SeriesEncoder
from ._base import Batch, Outcome, Pretext
from ._series import watched
from .simclr import Params, SimCLR, nt_xent

TITLE = "contrast of augmented windows"
KINDS = ("series",)
BOUND = "ln(2B−1)"
ADVICE = (
    "Change the windows less, or more: views that share nothing, or everything, leave no signal.",
    "Raise the temperature: windows of one unit that overlap repel each other as if they were different.",
    "Use a larger batch: more negatives push the embeddings apart.",
)
__all__ = ["ADVICE", "BOUND", "KINDS", "Params", "build"]


class SensorContrast(SimCLR):
    def forward(self, encoder: SeriesEncoder, batch: Batch) -> Outcome:
        frames = encoder.frames(torch.cat(batch.every))
        backbone = encoder.pooled(frames)
        projected = self.projector(backbone)
        loss, bound = nt_xent(projected, self.temperature), log(len(projected) - 1)
        return Outcome(loss, places=watched(backbone, frames, projector=projected), bound=bound)


def build(params: Params, dim: int, described: dict[str, Any]) -> Pretext:
    return SensorContrast(params, dim)
