"""CPC: tell what comes next in this window from what comes in others (van den Oord et al. 2018, arXiv 1807.03748).

A window is cut into pieces, each is read by itself, a recurrent network sums up the ones so far, and for each number of
pieces ahead a linear map of that summary must be likest to the piece that comes, among those at the same place of all
windows of the batch. The encoder never sees what it has to predict.
"""

from __future__ import annotations

from math import log
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from ..encoders._series import SeriesEncoder
from ..registry import Strict
from ..workspace.layout import BadInput
from ._base import Batch, Outcome, Pretext, View
from ._series import watched

TITLE = "CPC"
KINDS = ("series",)
BOUND = "ln B"
ADVICE = (
    "Take longer windows or fewer pieces: a piece must say something by itself.",
    "Use a larger batch: telling a few windows apart is easy.",
    "Look further ahead: the next piece is nearly the same as this one.",
)


class Params(Strict):
    pieces: int = Field(5, ge=3, le=32, description="Pieces that a window is cut into")
    ahead: int = Field(2, ge=1, le=16, description="How many pieces ahead are predicted")
    context: int = Field(128, ge=8, le=2048, description="Length of the summary of the pieces so far")


class CPC(Pretext):
    views = (View("only", augment="none"),)

    def __init__(self, params: Params, dim: int, length: int):
        super().__init__()
        if length < 2 * params.pieces or params.ahead >= params.pieces:
            raise BadInput(f"pretext cpc: expected windows of at least {2 * params.pieces} steps, fewer pieces ahead "
                           f"than {params.pieces}, found {length} steps and {params.ahead} ahead")  # fmt: skip
        self.params = params
        self.summary = nn.GRU(dim, params.context, batch_first=True)
        self.predict = nn.ModuleList(nn.Linear(params.context, dim, bias=False) for _ in range(params.ahead))

    def forward(self, encoder: SeriesEncoder, batch: Batch) -> Outcome:
        windows, pieces = batch.only, self.params.pieces
        size = windows.shape[-1] // pieces
        cut = windows[..., windows.shape[-1] - size * pieces :].unflatten(2, (pieces, size)).transpose(1, 2)
        frames = encoder.frames(cut.flatten(0, 1))
        z = encoder.pooled(frames).unflatten(0, (len(windows), pieces))
        context = self.summary(z)[0]
        losses = []
        for ahead, predict in enumerate(self.predict, 1):
            told, true = predict(context[:, :-ahead]).float(), z[:, ahead:].float()
            losses.append(nearest(told.transpose(0, 1), true.transpose(0, 1)))
        return Outcome(torch.stack(losses).mean(), places=watched(z[:, -1], frames), bound=log(len(windows)), watched=1)


def nearest(told: Tensor, true: Tensor) -> Tensor:
    """InfoNCE of P x B x d each: at each place, row b of one against all rows of the other, scaled by 1 / sqrt(d)."""
    likeness = told @ true.transpose(1, 2) / told.shape[-1] ** 0.5
    index = torch.arange(told.shape[1], device=told.device).repeat(len(told))
    return F.cross_entropy(likeness.flatten(0, 1), index)


def build(params: Params, dim: int, described: dict[str, Any]) -> Pretext:
    """described: {"channels", "length"} (backend/encoders/_series.py)"""
    return CPC(params, dim, described["length"])
