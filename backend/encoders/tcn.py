"""Dilated convolutions over time, whose reach doubles with each layer (TS2Vec's encoder, Yue et al. 2022)."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from ..registry import Strict
from ._dropout import Dropout
from ._series import SeriesEncoder, with_mask

TITLE = "TCN"
KINDS = ("series",)


class Params(Strict):
    width: int = Field(64, ge=4, le=1024, description="Channels of a layer")
    dim: int = Field(128, ge=4, le=2048, description="Length of the feature vector")
    layers: int = Field(5, ge=1, le=12, description="Blocks; the last reaches 2^layers steps far")
    kernel: int = Field(3, ge=2, le=9, description="Steps that a convolution sees at once")
    dropout: float = Field(0.1, ge=0, lt=1, description="Share of the features that a training step leaves out")


class Block(nn.Module):
    """Two dilated convolutions behind GELUs, added to what came in."""

    def __init__(self, inputs: int, outputs: int, kernel: int, dilation: int):
        super().__init__()
        self.reach = (kernel - 1) * dilation
        self.first = nn.Conv1d(inputs, outputs, kernel, dilation=dilation)
        self.second = nn.Conv1d(outputs, outputs, kernel, dilation=dilation)
        self.skip = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.skip(x) + self._over(self.second, self._over(self.first, x))

    def _over(self, layer: nn.Module, x: Tensor) -> Tensor:
        return layer(F.pad(F.gelu(x), (self.reach // 2, self.reach - self.reach // 2)))


class TCN(SeriesEncoder):
    def __init__(self, params: Params, described: dict[str, Any]):
        super().__init__()
        self.dim = params.dim
        self.begin = nn.Conv1d(2 * described["channels"], params.width, 1)
        widths = [params.width] * params.layers + [params.dim]
        self.blocks = nn.Sequential(
            *(Block(widths[i], widths[i + 1], params.kernel, 2**i) for i in range(params.layers))
        )
        self.dropout = Dropout(params.dropout)

    def frames(self, windows: Tensor) -> Tensor:
        return self.dropout(self.blocks(self.begin(with_mask(windows)))).transpose(1, 2)


def build(params: Params, described: dict[str, Any]) -> SeriesEncoder:
    """described: {"channels", "length"} (backend/encoders/_series.py)"""
    return TCN(params, described)
