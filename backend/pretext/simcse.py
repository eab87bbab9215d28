"""SimCSE: a text, read twice under dropout, finds itself among the batch (Gao et al. 2021, arXiv 2104.08821)."""

from __future__ import annotations

from math import log

import torch
from pydantic import Field
from torch import nn

from ..encoders._text import TextEncoder, Vocabulary
from ..registry import Strict
from ..workspace.layout import BadInput
from ._base import Batch, Outcome, Pretext
from ._language import drops_out, recompute
from .simclr import nt_xent

TITLE = "SimCSE"
KINDS = ("text",)
BOUND = "ln(2B−1)"
ADVICE = (
    "Raise the dropout of the encoder: two passes of a text that differ too little leave nothing to tell apart.",
    "Use a larger batch: more texts push the embeddings apart.",
)


class Params(Strict):
    temperature: float = Field(
        0.05,
        gt=0,
        le=10,
        description="Lower makes near neighbours repel more strongly",
        json_schema_extra={"sweep": {"low": 0.02, "high": 0.5, "log": True}},
    )
    checkpointing: bool = Field(
        False, description="Compute the layers again in the backward pass: long texts in less memory, a third slower"
    )


class SimCSE(Pretext):
    """Unsupervised SimCSE: nothing but dropout tells the two views apart. The head is for training only."""

    sphere = True
    packed = False

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.temperature, self.checkpointing = params.temperature, params.checkpointing
        self.projector = nn.Sequential(nn.Linear(dim, dim), nn.Tanh())

    def prepare(self, encoder: TextEncoder) -> None:
        if not drops_out(encoder):
            raise BadInput("pretext simcse: expected an encoder with dropout above 0, which makes the views, found 0")
        recompute(encoder, self.checkpointing)

    def forward(self, encoder: TextEncoder, batch: Batch) -> Outcome:
        sentences = torch.cat([encoder(tokens) for tokens in batch.every])
        projected = self.projector(sentences)
        return Outcome(
            loss=nt_xent(projected, self.temperature),
            places={"sentences": sentences, "projector": projected},
            bound=log(len(projected) - 1),
        )


def build(params: Params, dim: int, vocabulary: Vocabulary) -> Pretext:
    return SimCSE(params, dim)
