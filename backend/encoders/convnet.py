"""Small ConvNet: three strided convolutions, about 75,000 parameters, made for a laptop's CPU.

Striding in the convolution instead of pooling after it makes a step three times as fast on a CPU: the
widest activations, at the full image size, are never made. `depth` adds residual convolutions (He et al. 2016) where
the maps are small already.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._base import Encoder

TITLE = "small ConvNet"
ANY_SIZE = True


class Params(Strict):
    width: int = Field(
        32,
        ge=4,
        le=512,
        description="Channels of the first layer; the others have 2 and 3 times as many, with depth 2 and 4 times",
    )
    depth: int = Field(
        0, ge=0, le=8, description="Residual convolutions behind the second and behind the third strided one"
    )


class ConvNet(Encoder):
    """C x H x W -> 3 * width, with depth 4 * width; the last map is ceil(H / 8) x ceil(W / 8)."""

    convolutional = True

    def __init__(self, params: Params, channels: int, mean: Sequence[float], std: Sequence[float]):
        super().__init__(mean, std)
        widths = [channels, *(times * params.width for times in (1, 2, 4 if params.depth else 3))]
        stages = [[_layer(i, o, stride=2)] for i, o in pairwise(widths)]
        for stage, width in list(zip(stages, widths[1:], strict=True))[1:]:
            stage += [Residual(width) for _ in range(params.depth)]
        self.layers = nn.Sequential(*(layer for stage in stages for layer in stage))
        self.dim = widths[-1]

    @property
    def gradcam_layer(self) -> nn.Module:
        return self.layers[-1]

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(self.normalise(images)).mean(dim=(2, 3))


class Residual(nn.Module):
    """A convolution of the same size, and a shortcut around it."""

    def __init__(self, width: int):
        super().__init__()
        self.layer = _layer(width, width, stride=1)

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.layer(maps)


def _layer(inputs: int, outputs: int, stride: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def build(params: Params, shape: tuple[int, int, int], mean: Sequence[float], std: Sequence[float]) -> Encoder:
    return ConvNet(params, shape[0], mean, std)
