"""A transformer over patches of each channel (PatchTST, Nie et al. 2023, arXiv 2211.14730)."""

from __future__ import annotations

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._dropout import Dropout
from ._series import SeriesEncoder, padded, with_mask

TITLE = "patch transformer"
KINDS = ("series",)


class Params(Strict):
    patch: int = Field(8, ge=1, le=256, description="Steps of a patch")
    channels: Literal["independent", "mixed"] = Field(
        "mixed", description="Each channel is read by itself with the same weights, or a patch holds all of them"
    )
    width: int = Field(64, ge=8, le=1024, description="Length of a patch's vector")
    dim: int = Field(128, ge=4, le=2048, description="Length of the feature vector")
    layers: int = Field(3, ge=1, le=12, description="Transformer layers")
    heads: int = Field(4, ge=1, le=16, description="Attention heads")
    dropout: float = Field(0.1, ge=0, lt=1, description="Share of the units that a training step leaves out")


class PatchTransformer(SeriesEncoder):
    def __init__(self, params: Params, described: dict[str, Any]):
        super().__init__()
        if params.width % params.heads:
            raise ValueError(f"width: expected a multiple of heads ({params.heads}), found {params.width}")
        self.dim, self.hop, self.alone = params.dim, params.patch, params.channels == "independent"
        self.channels = described["channels"]
        seen = 1 if self.alone else self.channels
        self.begin = nn.Linear(2 * seen * params.patch, params.width)
        most = -(-described["length"] // params.patch)
        self.position = nn.Parameter(torch.randn(most, params.width) * 0.02)
        self.layers = nn.ModuleList(Layer(params) for _ in range(params.layers))
        self.norm = nn.LayerNorm(params.width)
        self.end = nn.Linear(params.width * (self.channels if self.alone else 1), params.dim)

    def frames(self, windows: Tensor) -> Tensor:
        windows = padded(windows, self.hop)
        if self.alone:
            windows = windows.flatten(0, 1)[:, None]
        patches = with_mask(windows).unflatten(2, (-1, self.hop)).permute(0, 2, 1, 3).flatten(2)
        x = self.begin(patches) + self.position[-patches.shape[1] :]
        for layer in self.layers:
            x = layer(x)
        x = self.norm(x)
        if self.alone:
            x = x.unflatten(0, (-1, self.channels)).permute(0, 2, 1, 3).flatten(2)
        return self.end(x)


class Layer(nn.Module):
    """Attention and a dense layer, each behind a norm and added to what came in."""

    def __init__(self, params: Params):
        super().__init__()
        self.heads, width = params.heads, params.width
        self.before, self.behind = nn.LayerNorm(width), nn.LayerNorm(width)
        self.asked, self.told = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dense = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.dropout = Dropout(params.dropout)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.asked(self.before(x)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        read = nn.functional.scaled_dot_product_attention(query, key, value)
        x = x + self.dropout(self.told(read.transpose(1, 2).flatten(2)))
        return x + self.dropout(self.dense(self.behind(x)))


def build(params: Params, described: dict[str, Any]) -> SeriesEncoder:
    """described: {"channels", "length"} (backend/encoders/_series.py)"""
    return PatchTransformer(params, described)
