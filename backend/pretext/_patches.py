"""What tasks with hidden patches share: the pixels of patches, what they ask of the encoder, and their settings."""

from __future__ import annotations

import torch
from pydantic import Field, field_validator
from torch import Tensor, nn
from torch.nn import functional as F

from ..encoders._base import Encoder
from ..encoders.vit import Block, sine_positions
from ..registry import Strict, of_kind
from ..workspace.layout import BadInput
from ._base import View

# cropped and turned as the recipe's augmentation does, in its own colours: they are what is painted
MOVED = (View("only", crop=(0.5, 1.0), colours=False),)


class Hiding(Strict):
    """Settings of a task that hides patches."""

    masking: str = Field(
        "random_patches", description="Which patches are hidden", json_schema_extra={"plugin": "masking"}
    )
    share: float = Field(
        0.75,
        gt=0,
        lt=1,
        description="Share of the patches that are hidden",
        json_schema_extra={"sweep": {"low": 0.5, "high": 0.85}},
    )

    @field_validator("masking")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in (known := of_kind("masking", "image")):
            raise ValueError(f"expected one of {', '.join(known)}, found {value!r}")
        return value


def expect_patches(task: str, encoder: Encoder) -> tuple[int, int]:
    """(rows, columns) of the encoder's patches. Raises BadInput where it has none."""
    if encoder.patches is None:
        raise BadInput(f"pretext {task}: expected an encoder with patches (vit), found {type(encoder).__name__}")
    return encoder.patches


def pixels(images: Tensor, patch: int) -> Tensor:
    """N x C x H x W -> N x patches x (C patch patch): the pixels of each patch, patches counted row by row."""
    return F.unfold(images, patch, stride=patch).transpose(1, 2)


def at(values: Tensor, places: Tensor) -> Tensor:
    """N x P x d and int64 N x K -> N x K x d: those of the places."""
    return values.gather(1, places[:, :, None].expand(-1, -1, values.shape[2]))


class Decoder(nn.Module):
    """From the tokens of the patches that are seen to something at other places: a narrow transformer.

    seen: N x K x dim with their places, int64 N x K; asked: places, int64 N x M -> N x M x out.
    """

    def __init__(self, dim: int, width: int, depth: int, heads: int, out: int, patches: tuple[int, int]):
        super().__init__()
        self.narrow, self.wanted = nn.Linear(dim, width), nn.Parameter(0.02 * torch.randn(width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm, self.last = nn.LayerNorm(width), nn.Linear(width, out)
        self.register_buffer("positions", sine_positions(*patches, width), persistent=False)

    def forward(self, seen: Tensor, places: Tensor, asked: Tensor) -> Tensor:
        known = self.narrow(seen) + self.positions[places]
        states = self.blocks(torch.cat([known, self.wanted + self.positions[asked]], dim=1))
        return self.last(self.norm(states[:, places.shape[1] :]))
