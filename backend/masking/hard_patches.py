"""Harder places more often: the probability to be hidden follows the model's own running loss at that place.

The rule of `adaptive`, which masks texts, with the place in the grid for the token: an exponential mean of the losses
that the model had there, the probabilities in proportion to it and held between half and twice the share. It suits
pictures whose subject stands in the middle; where things lie anywhere, places are equally hard.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from ..registry import Strict
from ._patches import SHARE, PatchMasking
from .adaptive import MOST, scaled

TITLE = "harder patches more often"
KINDS = ("image",)


class Params(Strict):
    share: float = Field(SHARE, gt=0, lt=1, description="Share of the patches that are hidden")
    keep: float = Field(0.99, ge=0, lt=1, description="Weight that a place's earlier losses keep at each step")


class HardPatches(PatchMasking):
    """difficulty: float32, one a place; the only state, so a resumed run goes on bit for bit."""

    def __init__(self, patches: tuple[int, int], params: Params):
        super().__init__(patches, params.share)
        self.keep, self.most = params.keep, min(MOST, 1 / params.share)
        self.register_buffer("difficulty", torch.ones(self.count))

    def rank(self, images: int, generator: torch.Generator) -> Tensor:
        """Gumbel's trick: the lowest are a draw without replacement, in proportion to the relative difficulty."""
        draw = torch.rand(images, self.count, generator=generator, device=generator.device).clamp_min(1e-20)
        relative = scaled(self.difficulty, torch.ones_like(self.difficulty, dtype=torch.bool), self.most)
        return (-draw.log()).log() - relative.log()

    @torch.no_grad()
    def observe(self, hidden: Tensor, losses: Tensor) -> None:
        places, losses = hidden.flatten(), losses.float().flatten()
        times = torch.bincount(places, minlength=self.count).float()
        mean = torch.bincount(places, weights=losses, minlength=self.count).float() / times.clamp_min(1)
        self.difficulty.copy_(torch.where(times > 0, mean.lerp(self.difficulty, self.keep), self.difficulty))


def build(params: Params, patches: tuple[int, int]) -> PatchMasking:
    return HardPatches(patches, params)
