"""TS2Vec: two overlapping crops of a window must agree at every scale (Yue et al. 2022, arXiv 2106.10466).

At each step of the overlap the two crops' vectors attract; what lies at other steps of the same window (temporal
contrast) and at the same step of other windows (contrast of instances) repels. The loss is averaged over ever coarser
scales, each the maximum over two steps of the one before. Some steps of a crop are hidden from the encoder.
"""

from __future__ import annotations

from math import log
from typing import Any

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from ..encoders._series import SeriesEncoder
from ..registry import Strict
from ..workspace.layout import BadInput
from ._base import Batch, Outcome, Pretext, View
from ._series import watched

TITLE = "TS2Vec"
KINDS = ("series",)
BOUND = "mean of ln(2B−1) and ln(2T−1) over the scales"
ADVICE = (
    "Take longer windows: crops of a few steps have little to agree on.",
    "Use smaller steps between windows, or larger batches: near twins of a window repel it.",
    "Hide fewer steps: what is left must tell one window from another.",
)


class Params(Strict):
    hide: float = Field(0.5, ge=0, lt=1, description="Share of the steps that are hidden from the encoder",
                        json_schema_extra={"sweep": {"low": 0.1, "high": 0.6}})  # fmt: skip
    instances: float = Field(0.5, ge=0, le=1, description="Weight of the contrast of instances; the rest is temporal")
    shortest: float = Field(0.5, gt=0, le=1, description="Least share of the window that both crops hold")


class TS2Vec(Pretext):
    views = (View("only", augment="none"),)

    def __init__(self, params: Params, dim: int, length: int):
        super().__init__()
        self.params, self.length = params, length

    def prepare(self, encoder: SeriesEncoder) -> None:
        self.hop = encoder.hop
        if self.length // self.hop < 4:
            raise BadInput(f"pretext ts2vec: expected windows of at least {4 * self.hop} steps, found {self.length}")

    def forward(self, encoder: SeriesEncoder, batch: Batch) -> Outcome:
        windows = batch.only
        windows = windows[..., windows.shape[-1] % self.hop :]
        begin, left, right, end = self.crops(windows.shape[-1] // self.hop, batch.generator)
        hop = self.hop
        first = encoder.frames(self.hidden(windows[..., begin * hop : right * hop], batch.generator))
        second = encoder.frames(self.hidden(windows[..., left * hop : end * hop], batch.generator))
        shared = right - left
        loss, bound = hierarchical(first[:, -shared:].float(), second[:, :shared].float(), self.params.instances)
        backbone = torch.cat([encoder.pooled(first), encoder.pooled(second)])
        return Outcome(loss, places=watched(backbone, first), bound=bound, watched=2)

    def crops(self, frames: int, draw: torch.Generator) -> tuple[int, int, int, int]:
        """Frames begin <= left < right <= end: the first crop is begin .. right, the second left .. end."""
        a, b, c, d = torch.rand(4, generator=draw, device=draw.device).tolist()
        least = max(2, round(self.params.shortest * frames))
        shared = min(frames, least + int(a * (frames - least + 1)))
        left = int(b * (frames - shared + 1))
        right = left + shared
        return int(c * (left + 1)), left, right, right + int(d * (frames - right + 1))

    def hidden(self, crop: Tensor, draw: torch.Generator) -> Tensor:
        gone = torch.rand((len(crop), 1, crop.shape[-1]), generator=draw, device=crop.device) < self.params.hide
        return crop.masked_fill(gone, torch.nan)


def hierarchical(first: Tensor, second: Tensor, instances: float) -> tuple[Tensor, float]:
    """(the loss, what it is where all vectors are the same). first, second: B x T x d, the same steps of both crops."""
    losses, bounds, scales = [], [], 0
    while True:
        scales += 1
        rows, steps = first.shape[:2]
        if instances > 0 and rows > 1:
            losses.append(instances * contrast(first.transpose(0, 1), second.transpose(0, 1)))
            bounds.append(instances * log(2 * rows - 1))
        if steps == 1:
            break
        if instances < 1:
            losses.append((1 - instances) * contrast(first, second))
            bounds.append((1 - instances) * log(2 * steps - 1))
        first, second = (F.max_pool1d(one.transpose(1, 2), 2).transpose(1, 2) for one in (first, second))
    return torch.stack(losses).sum() / scales, sum(bounds) / scales


def contrast(first: Tensor, second: Tensor) -> Tensor:
    """G x M x d each: within each of the G groups, place m of one side against all other places of both sides."""
    z = torch.cat([first, second], dim=1)
    likeness = z @ z.transpose(1, 2)
    count = z.shape[1]
    likeness = likeness.masked_fill(torch.eye(count, dtype=torch.bool, device=z.device), -torch.inf)
    partner = torch.arange(count, device=z.device).roll(count // 2)
    return F.cross_entropy(likeness.flatten(0, 1), partner.repeat(len(z)))


def build(params: Params, dim: int, described: dict[str, Any]) -> Pretext:
    """described: {"channels", "length"} (backend/encoders/_series.py)"""
    return TS2Vec(params, dim, described["length"])
