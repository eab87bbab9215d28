"""Masked autoencoder: paint the patches that were hidden from those that are seen (He et al. 2022, arXiv 2111.06377).

What is painted is coarse, two by two numbers a patch and channel, so that the task need not know the patch's size.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from backend.encoders._base import Encoder
from backend.pretext._base import ONE, Batch, Outcome, Pretext
from backend.registry import Strict
from backend.workspace.layout import BadInput


class Params(Strict):
    hidden: float = Field(0.75, gt=0, lt=1, description="Share of the patches that the encoder does not see")


class MaskedPatches(Pretext):
    views = ONE

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.hidden, self.dim = params.hidden, dim

    def prepare(self, encoder: Encoder) -> None:
        if encoder.patches is None:
            raise BadInput(f"pretext masked_patches: expected an encoder with patches, found {type(encoder).__name__}")
        self.rows, self.columns = encoder.patches
        self.unseen = nn.Parameter(0.02 * torch.randn(1, 1, self.dim))
        self.places = nn.Parameter(0.02 * torch.randn(self.rows * self.columns, self.dim))
        layer = nn.TransformerEncoderLayer(self.dim, 2, 2 * self.dim, dropout=0.0, batch_first=True, norm_first=True)
        self.decoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.paint = nn.Linear(self.dim, 4 * encoder.mean.shape[1])

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        images, count = batch.only, self.rows * self.columns
        draw = torch.rand(len(images), count, generator=batch.generator, device=images.device)
        keep = draw.argsort(dim=1)[:, : max(1, round((1 - self.hidden) * count))]
        seen = encoder.tokens(images, keep).float()
        at = keep[:, :, None].expand(-1, -1, self.dim)
        states = self.unseen.expand(len(images), count, -1).scatter(1, at, seen) + self.places
        errors = (self.paint(self.decoder(states)).float() - self._coarse(images)).square().mean(dim=2)
        unseen = torch.ones_like(draw).scatter(1, keep, 0.0)
        return Outcome((errors * unseen).sum() / unseen.sum(), places={"backbone": seen.mean(dim=1)})

    def _coarse(self, images: Tensor) -> Tensor:
        """N x patches x 4 C"""
        pooled = F.adaptive_avg_pool2d(images, (2 * self.rows, 2 * self.columns))
        return F.unfold(pooled, 2, stride=2).transpose(1, 2)


def build(params: Params, dim: int, classes: int) -> Pretext:
    return MaskedPatches(params, dim)
