"""TabM: many dense networks in one, which share their weights but for a few (Gorishniy et al. 2025, arXiv 2410.24210).

Each of `members` networks reads the same embedded row; their layers are s * (W (r * x)) + b with W shared and r, s, b
of each member alone (BatchEnsemble, arXiv 2002.06715). The r of the first layer begin as random signs, so that members
differ; all other r and s begin as ones. The paper trains each member by a loss of its own; here, as with every encoder,
one linear head reads the members' features, as their mean or side by side.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ._dropout import Dropout
from ._table import ColumnEmbedding, Embedded, TableEncoder

TITLE = "TabM"
KINDS = ("table",)


class Params(Embedded):
    column: int = Field(8, ge=1, le=256, description="Length of a column's embedding")
    width: int = Field(128, ge=8, le=4096, description="Units of a layer of each member")
    layers: int = Field(3, ge=1, le=16, description="Dense layers")
    members: int = Field(16, ge=2, le=256, description="Networks that share their weights")
    joined: Literal["mean", "side by side"] = Field("mean", description="How the members make one feature vector")
    dropout: float = Field(0.1, ge=0, lt=1, description="Share of the units that a training step leaves out")


class Shared(nn.Module):
    """One linear layer of all members: N x members x inputs -> N x members x outputs."""

    def __init__(self, members: int, inputs: int, outputs: int, first: bool):
        super().__init__()
        bound = inputs**-0.5
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-bound, bound))
        signs = torch.randint(2, (members, inputs)).float() * 2 - 1
        self.into = nn.Parameter(signs if first else torch.ones(members, inputs))
        self.out = nn.Parameter(torch.ones(members, outputs))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound).repeat(members, 1))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.into) @ self.weight.T * self.out + self.bias


class TabM(TableEncoder):
    def __init__(self, params: Params, features: list[dict[str, Any]]):
        super().__init__()
        self.features, self.width, self.joined = len(features), params.column, params.joined
        self.dim = params.width * (1 if params.joined == "mean" else params.members)
        self.columns = ColumnEmbedding(features, params.column, params)
        layers, inputs = [], self.features * params.column
        for place in range(params.layers):
            layers += [Shared(params.members, inputs, params.width, place == 0), nn.ReLU(), Dropout(params.dropout)]
            inputs = params.width
        self.layers = nn.Sequential(*layers)

    def embed(self, records: Tensor) -> Tensor:
        return self.columns(records)

    def body(self, embedded: Tensor) -> Tensor:
        found = self.layers(embedded.flatten(1)[:, None])
        return found.mean(dim=1) if self.joined == "mean" else found.flatten(1)


def build(params: Params, features: list[dict[str, Any]]) -> TableEncoder:
    """features: as backend/modality/table/features.py `arguments` says it"""
    return TabM(params, features)
