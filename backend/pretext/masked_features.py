"""Masked features: guess the columns of a row that are hidden from those that are not (Rubachev et al. 2022).

As arXiv 2207.03208, section 3, but a hidden column is hidden as such: its place in the row holds a vector that is
learnt for it, so that neither its value nor whether there is one can be seen. All features of one column of the source
are hidden together: the weekday of a hidden date would tell half of it. Rubachev et al. stop pretraining by the score
of fine-tuned models; here no label decides anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn

from ..augment._swaps import Columns
from ..encoders._table import TableEncoder
from ._base import ONE, Batch, Outcome, Pretext
from ._table import Guessed, Guesses

TITLE = "masked features"
KINDS = ("table",)
BOUND = "column frequencies alone"
ADVICE = (
    "Lower the learning rate: a network that jumps about settles on saying the same of every row.",
    "Hide fewer columns: too little may be left to guess the others from.",
    "Look at the correlations on the data sheet: columns that know nothing of each other leave nothing to learn.",
)


class Params(Guessed):
    share: float = Field(
        0.3,
        gt=0,
        lt=1,
        description="Share of a row's columns that are hidden and must be guessed",
        json_schema_extra={"sweep": {"low": 0.1, "high": 0.8}},
    )


class MaskedFeatures(Pretext):
    views = ONE

    def __init__(self, params: Params, dim: int, described: Sequence[dict[str, Any]], sample: Tensor):
        super().__init__()
        self.share = params.share
        self.columns = Columns(described)
        self.guesses = Guesses(params, dim, described, sample)
        self.bound = self.guesses.bound()

    def prepare(self, encoder: TableEncoder) -> None:
        self.mask = nn.Parameter(torch.randn(encoder.features, encoder.width) * 0.1)

    def forward(self, encoder: TableEncoder, batch: Batch) -> Outcome:
        records = batch.only
        hidden = self.columns.choose(len(records), self.share, batch.generator)
        embedded = encoder.embed(records)
        features = encoder.body(torch.where(hidden[:, :, None], self.mask.to(embedded.dtype), embedded))
        losses, known = self.guesses(features, records)
        loss = self.guesses.balanced(losses, hidden & known)
        return Outcome(loss, places={"backbone": features}, bound=self.bound)


def build(params: Params, dim: int, described: Sequence[dict[str, Any]], sample: Tensor) -> Pretext:
    """described: what each feature means (backend/modality/table/features.py); sample: float32 M x F, training rows"""
    return MaskedFeatures(params, dim, described, sample)
