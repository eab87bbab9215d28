"""Rectangles of patches: what is hidden cannot be filled in from its neighbours (Bao et al. 2022, arXiv 2106.08254).

Rectangles are laid until enough patches are covered; of the last one as many as are still wanted, drawn at random.
"""

from __future__ import annotations

from math import log

import torch
from pydantic import Field
from torch import Tensor

from ..registry import Strict
from ._patches import SHARE, PatchMasking

TITLE = "blocks of patches"
KINDS = ("image",)
ASPECT = 0.3  # least aspect of a rectangle, as in BEiT; the largest is its inverse


class Params(Strict):
    share: float = Field(SHARE, gt=0, lt=1, description="Share of the patches that are hidden")
    area: float = Field(0.15, gt=0, le=1, description="Area of a rectangle, as a share of the image")


class BlockPatches(PatchMasking):
    def __init__(self, patches: tuple[int, int], params: Params):
        super().__init__(patches, params.share)
        self.area = params.area * self.count
        self.laid = 2 + round(4 * self.count / self.area)  # more than any image needs; what they leave is at random

    def rank(self, images: int, generator: torch.Generator) -> Tensor:
        def draw(*shape: int) -> Tensor:
            return torch.rand(*shape, generator=generator, device=generator.device)

        aspect = (log(ASPECT) * (2 * draw(images, self.laid) - 1)).exp()
        sides = (self.rows, (self.area * aspect).sqrt()), (self.columns, (self.area / aspect).sqrt())
        down, across = (_within(side, length, draw(images, self.laid)) for side, length in sides)
        covered = down[:, :, :, None] & across[:, :, None, :]
        order = torch.arange(self.laid, device=generator.device)[None, :, None]
        first = torch.where(covered.flatten(2), order, self.laid).min(dim=1).values
        return first + draw(images, self.count)


def _within(side: int, length: Tensor, place: Tensor) -> Tensor:
    """bool N x M x side: the places that runs of this length cover; place: N x M in [0, 1), where they begin."""
    length = length.round().clamp(1, side)
    start = (place * (side - length + 1)).floor()[..., None]
    at = torch.arange(side, device=length.device)
    return (at >= start) & (at < start + length[..., None])


def build(params: Params, patches: tuple[int, int]) -> PatchMasking:
    return BlockPatches(patches, params)
