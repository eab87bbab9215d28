"""Points: each moves a little, and the whole set by more."""

from __future__ import annotations

from collections.abc import Callable

import torch
from pydantic import Field
from torch import Tensor

from backend.registry import Strict

KINDS = ("points",)


class Params(Strict):
    each: float = Field(0.05, ge=0, le=10, description="How far a point moves, as a standard deviation")
    whole: float = Field(0.2, ge=0, le=10, description="How far the whole set moves, likewise")


def build(params: Params, *_: int) -> Callable[[Tensor, torch.Generator], Tensor]:
    """float N x P x 2 -> the same, moved"""

    def moved(points: Tensor, draw: torch.Generator) -> Tensor:
        each = torch.randn(points.shape, generator=draw, device=points.device)
        whole = torch.randn((len(points), 1, points.shape[2]), generator=draw, device=points.device)
        return points + params.each * each + params.whole * whole

    return moved
