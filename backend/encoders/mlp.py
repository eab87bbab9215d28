"""Dense network on embedded columns: small, fast on a CPU, hard to beat on tables (Gorishniy et al. 2022)."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from torch import Tensor, nn

from ._dropout import Dropout
from ._table import ColumnEmbedding, Embedded, TableEncoder

TITLE = "MLP"
KINDS = ("table",)


class Params(Embedded):
    column: int = Field(16, ge=1, le=256, description="Length of a column's embedding")
    width: int = Field(256, ge=8, le=4096, description="Units of a layer, and length of the feature vector")
    layers: int = Field(3, ge=1, le=16, description="Dense layers")
    dropout: float = Field(0.3, ge=0, lt=1, description="Share of the units that a training step leaves out")


class MLP(TableEncoder):
    def __init__(self, params: Params, features: list[dict[str, Any]]):
        super().__init__()
        self.features, self.width, self.dim = len(features), params.column, params.width
        self.columns = ColumnEmbedding(features, params.column, params)
        layers, inputs = [], self.features * params.column
        for _ in range(params.layers):
            layers += [nn.Linear(inputs, params.width), nn.ReLU(), Dropout(params.dropout)]
            inputs = params.width
        self.layers = nn.Sequential(*layers)

    def embed(self, records: Tensor) -> Tensor:
        return self.columns(records)

    def body(self, embedded: Tensor) -> Tensor:
        return self.layers(embedded.flatten(1))


def build(params: Params, features: list[dict[str, Any]]) -> TableEncoder:
    """features: as backend/modality/table/features.py `arguments` says it"""
    return MLP(params, features)
