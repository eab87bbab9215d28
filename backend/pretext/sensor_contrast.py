"""Contrast of augmented windows: two views of a window attract, all others repel (SimCLR's loss, arXiv 2002.05709).

How a window is changed says the recipe's augmentation: machine_sensors, ecg.
"""

from __future__ import annotations

from typing import Any

from ._base import Pretext
from .simclr import Params, SimCLR

KINDS = ("series",)
BOUND = "ln(2B−1)"
ADVICE = (
    "Change the windows less, or more: views that share nothing, or everything, leave no signal.",
    "Raise the temperature: windows of one unit that overlap repel each other as if they were different.",
    "Use a larger batch: more negatives push the embeddings apart.",
)
__all__ = ["ADVICE", "BOUND", "KINDS", "Params", "build"]


def build(params: Params, dim: int, described: dict[str, Any]) -> Pretext:
    return SimCLR(params, dim)
