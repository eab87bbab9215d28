"""Denoising: restore a row of which some values were swapped with other rows' (swap noise; Vincent et al. 2008).

Vincent et al., "Extracting and composing robust features with denoising autoencoders"; swapping values within a column
as noise for tables comes from the winning entry of Porto Seguro's Safe Driver Prediction (Jahrer 2017). Nothing says
which values were swapped, so every one has to be held against the others. A date is swapped together with its weekday
and month.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from torch import Tensor

from ..augment._swaps import Columns
from ..encoders._table import TableEncoder
from ._base import ONE, Batch, Outcome, Pretext
from ._table import Guessed, Guesses

TITLE = "denoising"
KINDS = ("table",)
BOUND = "column frequencies alone"
ADVICE = (
    "Lower the learning rate: a network that jumps about settles on saying the same of every row.",
    "Swap fewer columns: too little may be left to tell what a row was.",
)


class Params(Guessed):
    share: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Share of a row's columns that are swapped",
        json_schema_extra={"sweep": {"low": 0.05, "high": 0.7}},
    )
    swapped: float = Field(
        0.5, ge=0, le=1, description="Weight of the swapped values in the loss, the rest is of those left as they were"
    )


class Denoising(Pretext):
    views = ONE

    def __init__(self, params: Params, dim: int, described: Sequence[dict[str, Any]], sample: Tensor):
        super().__init__()
        self.share, self.weight = params.share, params.swapped
        self.columns = Columns(described)
        self.guesses = Guesses(params, dim, described, sample)
        self.bound = self.guesses.bound()

    def forward(self, encoder: TableEncoder, batch: Batch) -> Outcome:
        records = batch.only
        shown, chosen = self.columns.swapped(records, self.share, batch.generator)
        features = encoder(shown)
        losses, known = self.guesses(features, records)
        swapped = self.guesses.balanced(losses, chosen & known)
        kept = self.guesses.balanced(losses, ~chosen & known)
        return Outcome(
            self.weight * swapped + (1 - self.weight) * kept,
            {"swapped": swapped, "kept": kept},
            places={"backbone": features},
            bound=self.bound,
        )


def build(params: Params, dim: int, described: Sequence[dict[str, Any]], sample: Tensor) -> Pretext:
    """described: what each feature means (backend/modality/table/features.py); sample: float32 M x F, training rows"""
    return Denoising(params, dim, described, sample)
