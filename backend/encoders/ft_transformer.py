"""FT-Transformer: columns as tokens that look at each other, read at a token of their own (Gorishniy et al. 2021).

arXiv 2106.11959: each feature of a row is embedded as one token, a token [CLS] is put beside them, layers of attention
and a gated dense part follow (both on normalised inputs, but for the first attention), and the state of [CLS],
normalised and rectified, is the row's feature vector.
"""

from __future__ import annotations

from typing import Any

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from ..workspace.layout import BadInput
from ._dropout import Dropout
from ._table import ColumnEmbedding, Embedded, TableEncoder

TITLE = "FT-Transformer"
KINDS = ("table",)
MOST = 500  # tokens: attention compares each with each


class Params(Embedded):
    width: int = Field(64, ge=8, le=1024, description="Length of a token, and of the feature vector")
    layers: int = Field(2, ge=1, le=16, description="Layers of attention")
    heads: int = Field(4, ge=1, le=32, description="Attention heads; they divide the width")
    dropout: float = Field(0.1, ge=0, lt=1, description="Share of the units that a training step leaves out")

    @model_validator(mode="after")
    def _divides(self):
        if self.width % self.heads:
            raise ValueError(f"expected heads to divide width, found {self.heads} and {self.width}")
        return self


class Block(nn.Module):
    """Tokens N x T x width -> the same: attention, then a gated dense part, each added to what came in."""

    def __init__(self, width: int, heads: int, dropout: float, first: bool):
        super().__init__()
        inner = width * 4 // 3
        self.heads = heads
        self.before = nn.Identity() if first else nn.LayerNorm(width)
        self.asked, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dense = nn.LayerNorm(width)
        self.gated, self.back = nn.Linear(width, 2 * inner), nn.Linear(inner, width)
        self.drop = Dropout(dropout)

    def forward(self, tokens: Tensor, last: bool = False) -> Tensor:
        """last: only the first token is asked for, N x 1 x width."""
        query, key, value = self.asked(self.before(tokens)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        if last:
            query, tokens = query[:, :, :1], tokens[:, :1]
        seen = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        tokens = tokens + self.drop(self.out(seen))
        value, gate = self.gated(self.dense(tokens)).chunk(2, dim=2)
        return tokens + self.drop(self.back(self.drop(value * gate.relu())))


class FTTransformer(TableEncoder):
    def __init__(self, params: Params, features: list[dict[str, Any]]):
        super().__init__()
        self.features, self.width, self.dim = len(features), params.width, params.width
        self.columns = ColumnEmbedding(features, params.width, params)
        self.cls = nn.Parameter(torch.randn(1, 1, params.width) * params.width**-0.5)
        self.own = nn.Parameter(torch.randn(self.features, params.width) * params.width**-0.5)
        made = [Block(params.width, params.heads, params.dropout, place == 0) for place in range(params.layers)]
        self.blocks, self.norm = nn.ModuleList(made), nn.LayerNorm(params.width)

    def embed(self, records: Tensor) -> Tensor:
        return self.columns(records)

    def body(self, embedded: Tensor) -> Tensor:
        # beside its value a token says which column it is of: a masked one says nothing else
        tokens = torch.cat([self.cls.expand(embedded.shape[0], -1, -1), embedded + self.own], dim=1)
        for block in self.blocks[:-1]:
            tokens = block(tokens)
        return self.norm(self.blocks[-1](tokens, last=True)[:, 0]).relu()


def build(params: Params, features: list[dict[str, Any]]) -> TableEncoder:
    """features: as backend/modality/table/features.py `arguments` says it. Raises BadInput where they are too many."""
    if len(features) > MOST:
        raise BadInput(
            f"encoder ft_transformer: expected at most {MOST} features, found {len(features):,}; choose mlp, whose "
            "time does not grow with their square"
        )
    return FTTransformer(params, features)
