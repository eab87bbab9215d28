"""SimCLR on point sets: two jittered views of a set attract, all others repel."""

from __future__ import annotations

from backend.pretext._base import Pretext
from backend.pretext.simclr import Params, SimCLR

KINDS = ("points",)
__all__ = ["KINDS", "Params", "build"]


def build(params: Params, dim: int, classes: int) -> Pretext:
    return SimCLR(params, dim)
