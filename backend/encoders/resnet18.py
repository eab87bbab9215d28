"""ResNet-18 (He et al. 2016, arXiv 1512.03385) with the stem for small images that SimCLR uses on CIFAR.

The stem is one 3 x 3 convolution without striding or pooling (arXiv 2002.05709, appendix B.9).
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from ..registry import Strict
from ._base import Encoder

TITLE = "ResNet-18"
ANY_SIZE = True


class Params(Strict):
    width: int = Field(64, ge=8, le=256, description="Channels of the first stage; 64 in the paper")


class Block(nn.Module):
    """Two 3 x 3 convolutions and a shortcut, projected by a 1 x 1 convolution where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, maps: Tensor) -> Tensor:
        inner = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(maps)))))
        return F.relu(inner + self.shortcut(maps))


class ResNet18(Encoder):
    """C x H x W -> 8 * width; the last map is H / 8 x W / 8."""

    convolutional = True

    def __init__(self, params: Params, channels: int, mean: Sequence[float], std: Sequence[float]):
        super().__init__(mean, std)
        width = params.width
        self.stem = nn.Sequential(nn.Conv2d(channels, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        blocks, inputs = [], width
        for stage in range(4):
            outputs = width * 2**stage
            blocks += [Block(inputs, outputs, 1 if stage == 0 else 2), Block(outputs, outputs, 1)]
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.dim = inputs
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    @property
    def gradcam_layer(self) -> nn.Module:
        return self.blocks[-1]

    def forward(self, images: Tensor) -> Tensor:
        return self.blocks(self.stem(self.normalise(images))).mean(dim=(2, 3))


def build(params: Params, shape: tuple[int, int, int], mean: Sequence[float], std: Sequence[float]) -> Encoder:
    return ResNet18(params, shape[0], mean, std)
