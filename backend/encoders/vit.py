"""Small vision transformer (Dosovitskiy et al. 2021, arXiv 2010.11929), mean-pooled, fixed sine positions.

Sine positions and mean pooling stand where the original has a learned table and a class token; they made
the better plain ViT in arXiv 2205.01580.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from ..registry import Strict
from ..workspace.layout import BadInput
from ._base import Encoder

TITLE = "small ViT"
READS = ("whole", "patches")
ANY_SIZE = True


class Params(Strict):
    patch: int = Field(4, ge=1, le=32, description="Side of a patch in pixels; divides the image's height and width")
    dim: int = Field(128, ge=16, le=1024, multiple_of=4, description="Length of a token")
    depth: int = Field(4, ge=1, le=24, description="Number of blocks")
    heads: int = Field(4, ge=1, le=16, description="Attention heads; divides dim")

    @model_validator(mode="after")
    def _heads_divide(self):
        if self.dim % self.heads:
            raise ValueError(f"expected heads to divide dim, found {self.heads} heads and dim {self.dim}")
        return self


class Block(nn.Module):
    """Attention and a four times wider MLP, both behind a LayerNorm and around a shortcut. N x tokens x dim."""

    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, tokens: Tensor) -> Tensor:
        n, t, d = tokens.shape
        q, k, v = self.qkv(self.norm1(tokens)).view(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, d)
        tokens = tokens + self.out(mixed)
        return tokens + self.mlp(self.norm2(tokens))


class ViT(Encoder):
    """C x H x W -> dim; H and W are multiples of the patch."""

    def __init__(self, params: Params, shape: tuple[int, int, int], mean: Sequence[float], std: Sequence[float]):
        super().__init__(mean, std)
        channels, height, width = shape
        if height % params.patch or width % params.patch:
            raise BadInput(
                f"encoder.patch: expected a divisor of the image's {height} x {width} pixels, found {params.patch}"
            )
        self.dim, self.patch = params.dim, params.patch
        self.patches = self.gradcam_grid = (height // params.patch, width // params.patch)
        self.embed = nn.Conv2d(channels, params.dim, params.patch, params.patch)
        self.register_buffer("positions", sine_positions(*self.gradcam_grid, params.dim), persistent=False)
        self.blocks = nn.Sequential(*(Block(params.dim, params.heads) for _ in range(params.depth)))
        self.norm = nn.LayerNorm(params.dim)

    @property
    def gradcam_layer(self) -> nn.Module:
        # the last place that still has tokens before the mean; the norm behind it only rescales them
        return self.blocks[-1]

    def tokens(self, images: Tensor, keep: Tensor | None = None) -> Tensor:
        images = self.normalise(images)
        if keep is None:
            tokens = self.embed(images).flatten(2).transpose(1, 2) + self._positions(images)
        else:  # the embedding as a matrix over the kept patches alone
            pixels = F.unfold(images, self.embed.kernel_size, stride=self.embed.stride).transpose(1, 2)
            seen = pixels.gather(1, keep[:, :, None].expand(-1, -1, pixels.shape[2]))
            tokens = F.linear(seen, self.embed.weight.flatten(1), self.embed.bias) + self.positions[keep]
        return self.norm(self.blocks(tokens))

    def forward(self, images: Tensor) -> Tensor:
        return self.tokens(images).mean(dim=1)

    def _positions(self, images: Tensor) -> Tensor:
        """Those of the patches; of images of another size, stretched over the same plane."""
        rows, columns = (side // self.patch for side in images.shape[2:])
        if (rows, columns) == self.patches:
            return self.positions
        if any(side % self.patch for side in images.shape[2:]):
            raise ValueError(f"expected sides that {self.patch} divides, found {tuple(images.shape[2:])}")
        return sine_positions(rows, columns, self.dim, self.patches).to(self.positions)


def sine_positions(height: int, width: int, dim: int, over: tuple[int, int] | None = None) -> Tensor:
    """Two-dimensional sine-cosine position codes, (height * width) x dim; a quarter of `dim` for each of
    sin and cos of the row and of the column. over: (rows, columns) of the grid that they are spread over, None: of
    their own.
    """
    down, across = over or (height, width)
    y = (torch.arange(height) + 0.5) * (down / height) - 0.5
    x = (torch.arange(width) + 0.5) * (across / width) - 0.5
    y, x = torch.meshgrid(y, x, indexing="ij")
    frequency = 10_000 ** -(torch.arange(dim // 4) / (dim // 4))
    angles = [p.flatten()[:, None] * frequency for p in (y, x)]
    return torch.cat([f(a) for a in angles for f in (torch.sin, torch.cos)], dim=1)


def build(params: Params, shape: tuple[int, int, int], mean: Sequence[float], std: Sequence[float]) -> Encoder:
    return ViT(params, shape, mean, std)
