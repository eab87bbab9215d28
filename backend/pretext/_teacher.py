"""A slow copy of the networks that are trained: the teacher of BYOL, MoCo v3, DINO and I-JEPA."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from math import cos, pi

import torch
from torch import Tensor, nn


class Teacher(nn.Module):
    """Copies of `networks`, applied one after the other, which no gradient reaches; they follow by a moving average.

    In training mode as its student is, so that its BatchNorms normalise by the batch: their running statistics are
    never read, and only parameters follow.
    """

    def __init__(self, *networks: nn.Module):
        super().__init__()
        self.copies = nn.ModuleList(deepcopy(network) for network in networks).requires_grad_(False)

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        for network in self.copies:
            images = network(images)
        return images

    @torch.no_grad()
    def follow(self, networks: Iterable[nn.Module], keep: float) -> None:
        """parameter <- keep * parameter + (1 - keep) * the student's."""
        student = [p.detach() for network in networks for p in network.parameters()]
        torch._foreach_lerp_(list(self.copies.parameters()), student, 1 - keep)


def rising(start: float, step: int, steps: int) -> float:
    """The momentum behind step `step` of `steps`: half a cosine from `start` to 1 (arXiv 2006.07733)."""
    return 1 - (1 - start) * (cos(pi * step / steps) + 1) / 2
