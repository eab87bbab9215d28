"""A small recurrent network that reads the steps in their order (Cho et al. 2014, arXiv 1406.1078)."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._series import SeriesEncoder, with_mask

TITLE = "GRU"
KINDS = ("series",)


class Params(Strict):
    dim: int = Field(96, ge=4, le=2048, description="Length of the state and of the feature vector")
    layers: int = Field(1, ge=1, le=4, description="Recurrent layers")


class GRU(SeriesEncoder):
    """The feature vector is the last state: it has seen all steps."""

    def __init__(self, params: Params, described: dict[str, Any]):
        super().__init__()
        self.dim = params.dim
        self.begin = nn.Linear(2 * described["channels"], params.dim)
        self.steps = nn.GRU(params.dim, params.dim, params.layers, batch_first=True)

    def frames(self, windows: Tensor) -> Tensor:
        return self.steps(self.begin(with_mask(windows).transpose(1, 2)))[0]

    def pooled(self, frames: Tensor) -> Tensor:
        return frames[:, -1]


def build(params: Params, described: dict[str, Any]) -> SeriesEncoder:
    """described: {"channels", "length"} (backend/encoders/_series.py)"""
    return GRU(params, described)
