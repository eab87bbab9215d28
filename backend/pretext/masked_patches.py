"""Masked patches: guess stretches of a channel from the rest of the window (PatchTST, Nie et al. 2023, 2211.14730).

Each channel is cut into stretches of some steps, a share of them is hidden, and the frames of the encoder have to say
their values. The loss is the squared error in standard deviations of a channel; readings that are missing are not asked
for. Values far from the mean count as ones at `FARTHEST`.
"""

from __future__ import annotations

from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn

from ..encoders._series import SeriesEncoder, padded
from ..registry import Strict
from ._base import Batch, Outcome, Pretext, View
from ._series import watched

TITLE = "masked patches"
KINDS = ("series",)
BOUND = "each channel's mean"
ADVICE = (
    "Hide more, or longer stretches: what can be drawn as a line between two readings teaches little.",
    "Hide all channels of a stretch (together): else one channel tells what another hides.",
    "Train longer: guessing values needs many steps before it helps.",
)
FARTHEST = 5.0  # standard deviations


class Params(Strict):
    share: float = Field(0.4, gt=0, lt=1, description="Share of the stretches that are hidden",
                         json_schema_extra={"sweep": {"low": 0.2, "high": 0.7}})  # fmt: skip
    steps: int = Field(6, ge=1, le=256, description="Steps of a stretch")
    together: bool = Field(False, description="Hide a stretch in all channels at once")


class MaskedPatches(Pretext):
    views = (View("only", augment="none"),)

    def __init__(self, params: Params, dim: int, channels: int):
        super().__init__()
        self.params, self.dim, self.channels = params, dim, channels

    def prepare(self, encoder: SeriesEncoder) -> None:
        self.hop = encoder.hop
        self.guess = nn.Linear(self.dim, self.channels * self.hop)

    def forward(self, encoder: SeriesEncoder, batch: Batch) -> Outcome:
        windows = padded(batch.only, self.hop)
        hidden = self.hidden(windows, batch.generator)
        frames = encoder.frames(windows.masked_fill(hidden, torch.nan))
        guessed = self.guess(frames).unflatten(2, (self.channels, self.hop)).permute(0, 2, 1, 3).flatten(2).float()
        asked = hidden & ~windows.isnan()
        truth = torch.nan_to_num(windows).clamp(-FARTHEST, FARTHEST)
        count = asked.sum().clamp_min(1)
        loss = ((guessed - truth).square() * asked).sum() / count
        bound = (truth.square() * asked).sum() / count
        return Outcome(loss, places=watched(encoder.pooled(frames), frames), bound=bound, watched=1)

    def hidden(self, windows: Tensor, draw: torch.Generator) -> Tensor:
        """bool, as the windows: a share of the stretches of each, drawn anew, the last cut off by the window's end."""
        count, channels, length = windows.shape
        pieces = -(-length // self.params.steps)
        rows = 1 if self.params.together else channels
        chosen = torch.rand((count, rows, pieces), generator=draw, device=windows.device) < self.params.share
        chosen = chosen.repeat_interleave(self.params.steps, dim=2)[..., :length]
        return chosen.expand(-1, channels, -1)


def build(params: Params, dim: int, described: dict[str, Any]) -> Pretext:
    """described: {"channels", "length"} (backend/encoders/_series.py)"""
    return MaskedPatches(params, dim, described["channels"])
