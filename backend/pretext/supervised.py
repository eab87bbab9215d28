"""Supervised: cross entropy on the labels, with the same augmentations. The yardstick, not self-supervised."""

from __future__ import annotations

from math import log

from torch import nn
from torch.nn import functional as F

from ..encoders._base import Encoder
from ..registry import Strict
from ..workspace.layout import BadInput
from ._base import ONE, Batch, Outcome, Pretext

TITLE = "supervised training"
TARGETS = ("class", "event")
SWEPT = False
BOUND = "ln K"
ADVICE = ("Weaken the augmentation: examples whose class can no longer be seen teach nothing.",)


class Params(Strict):
    pass


class Supervised(Pretext):
    views = ONE
    supervised = True

    def __init__(self, dim: int, classes: int):
        super().__init__()
        if classes < 2:
            raise BadInput(f"pretext supervised: expected data with at least 2 classes, found {classes}")
        self.classes = classes
        self.head = nn.Linear(dim, classes)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        """Rows without a label (-1) count nothing; a batch without any label has loss 0."""
        backbone = encoder(batch.only)
        total = F.cross_entropy(self.head(backbone).float(), batch.labels, ignore_index=-1, reduction="sum")
        loss = total / (batch.labels >= 0).sum().clamp_min(1)
        return Outcome(loss, places={"backbone": backbone}, bound=log(self.classes))


def build(params: Params, dim: int, classes: int) -> Pretext:
    return Supervised(dim, classes)
