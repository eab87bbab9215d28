"""SCARF: a row and the same row with corrupted columns attract, all others repel (Bahri et al. 2022, arXiv 2106.15147).

The first view is the row as it is, in the second a share of the columns holds values of other training rows. A date is
replaced together with its weekday and month, so that no part of it says what the whole was.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from ..encoders._table import TableEncoder
from ..registry import Strict
from ._base import Batch, Outcome, Pretext, View
from ._projector import projector
from .simclr import nt_xent

KINDS = ("table",)
BOUND = "ln(2B−1)"
ADVICE = (
    "Corrupt fewer columns: views that share nothing leave no signal.",
    "Raise the temperature: a low one lets a few hard negatives decide the gradient.",
    "Use a larger batch: more negatives push the embeddings apart.",
)


class Params(Strict):
    share: float = Field(0.6, gt=0, lt=1, description="Share of a row's columns that are corrupted")
    temperature: float = Field(1.0, gt=0, le=10, description="Lower makes near neighbours repel more strongly")
    hidden: int = Field(256, ge=8, le=8192, description="Width of the projector's hidden layer")
    out: int = Field(64, ge=2, le=8192, description="Length of the embedding that the loss compares")


class SCARF(Pretext):
    sphere = True

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.temperature = params.temperature
        self.views = (View("whole", "none"), View("corrupted", "columns", {"share": params.share}))
        self.projector = projector(dim, params.hidden, params.out)

    def forward(self, encoder: TableEncoder, batch: Batch) -> Outcome:
        backbone = encoder(torch.cat(batch.every))
        projected = self.projector(backbone)
        return Outcome(
            loss=nt_xent(projected, self.temperature),
            places={"backbone": backbone, "projector": projected},
            bound=log(len(projected) - 1),
        )


def build(params: Params, dim: int, described: Sequence[dict[str, Any]], sample: Tensor) -> Pretext:
    return SCARF(params, dim)
