"""VIME: see which values of a row were swapped with other rows', and restore them (Yoon et al. 2020).

NeurIPS 2020, "VIME: Extending the success of self- and semi-supervised learning to tabular domain", section 4: a share
of the columns holds the values of other rows of the batch; from the features one head says where the row was changed
(binary cross entropy), another what the values were, of all columns. Unlike there, values are restored by type and
each column counts alike (backend/pretext/_table.py). Columns of dates are left as they are and not asked about: where
anything in a row follows time, a swapped date is told at a glance, and nothing else is learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from ..augment._swaps import Columns, differ
from ..encoders._table import TableEncoder
from ..workspace.layout import BadInput
from ._base import ONE, Batch, Outcome, Pretext
from ._table import Guessed, Guesses

TITLE = "VIME"
KINDS = ("table",)
BOUND = "column frequencies alone"
ADVICE = (
    "Lower the learning rate: a network that jumps about settles on saying the same of every row.",
    "Swap fewer columns: too little may be left to tell from what a row was.",
    "Look at the correlations on the data sheet: in columns that know nothing of each other no swap can be seen.",
)


class Params(Guessed):
    share: float = Field(
        0.3,
        gt=0,
        lt=1,
        description="Share of a row's columns that are swapped",
        json_schema_extra={"sweep": {"low": 0.1, "high": 0.8}},
    )
    restore: float = Field(2.0, ge=0, le=1000, description="Weight of restoring values beside finding swaps")


class VIME(Pretext):
    views = ONE

    def __init__(self, params: Params, dim: int, described: Sequence[dict[str, Any]], sample: Tensor):
        super().__init__()
        self.share, self.restore = params.share, params.restore
        self.columns = Columns(described, dates=False)
        if not self.columns.free.any():
            raise BadInput("pretext vime: expected a column that is no date, found none")
        self.guesses = Guesses(params, dim, described, sample)
        share = self.guesses.share * self.columns.free
        often = shows(sample, params.share)
        doubt = torch.special.entr(often) + torch.special.entr(1 - often)
        blind = float((doubt * share).sum() / share.sum())
        self.bound = blind + params.restore * self.guesses.bound(self.columns.free)
        self.swapped = nn.Sequential(nn.Linear(dim, params.hidden), nn.ReLU(), nn.Linear(params.hidden, len(described)))

        with torch.no_grad():  # at first each swap is as likely as it is on average
            self.swapped[-1].weight.mul_(0.1)
            self.swapped[-1].bias.copy_(often.clamp(1e-3, 1 - 1e-3).logit())

    def forward(self, encoder: TableEncoder, batch: Batch) -> Outcome:
        records = batch.only
        shown, _ = self.columns.swapped(records, self.share, batch.generator)
        changed = differ(shown, records)
        features = encoder(shown)
        asked = self.columns.free.expand_as(changed)
        told = F.binary_cross_entropy_with_logits(
            self.swapped(features).float(), changed.to(torch.float32), reduction="none"
        )
        mask = self.guesses.balanced(told, asked)
        losses, known = self.guesses(features, records)
        restored = self.guesses.balanced(losses, asked & known)
        return Outcome(
            mask + self.restore * restored,
            {"swaps": mask, "values": restored},
            places={"backbone": features},
            bound=self.bound,
        )


def shows(sample: Tensor, share: float) -> Tensor:
    """float32 F: how often a feature is another than before where `share` of the columns are swapped; a swap shows
    nothing where the other row holds the same value. sample: float32 M x F, training rows."""
    alike = [torch.unique(one.nan_to_num(torch.inf), return_counts=True)[1] / len(sample) for one in sample.T]
    return share * (1 - torch.stack([one.square().sum() for one in alike]))


def build(params: Params, dim: int, described: Sequence[dict[str, Any]], sample: Tensor) -> Pretext:
    """described: what each feature means (backend/modality/table/features.py); sample: float32 M x F, training rows"""
    return VIME(params, dim, described, sample)
