"""Patches at random, every one with the same probability (He et al. 2022, arXiv 2111.06377)."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from ..registry import Strict
from ._patches import SHARE, PatchMasking

TITLE = "random patches"
KINDS = ("image",)


class Params(Strict):
    share: float = Field(SHARE, gt=0, lt=1, description="Share of the patches that are hidden")


class RandomPatches(PatchMasking):
    def rank(self, images: int, generator: torch.Generator) -> Tensor:
        return torch.rand(images, self.count, generator=generator, device=generator.device)


def build(params: Params, patches: tuple[int, int]) -> PatchMasking:
    return RandomPatches(patches, params.share)
