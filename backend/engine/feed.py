"""The feed: images on the device as uint8, which of them a step sees, and in what precision.

The rows of step t are a pure function of (seed, t): an epoch is a seeded permutation cut into whole
batches, the rest left out. A resumed run therefore needs nothing but its step number.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .seeds import generator


class Sampler:
    """Whole batches of row numbers in [0, count); `batch` is cut to `count`."""

    def __init__(self, count: int, batch: int, seed: int, device: torch.device | str):
        self.count, self.batch, self.seed, self.device = count, min(batch, count), seed, device
        self.per_epoch = count // self.batch
        self._epoch, self._order = -1, torch.empty(0)

    def rows(self, step: int) -> Tensor:
        """Row numbers of step `step`, int64, `batch` of them, on the device."""
        epoch, at = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            draw = generator(self.device, "order", self.seed, epoch)
            self._order = torch.randperm(self.count, generator=draw, device=self.device)
            self._epoch = epoch
        return self._order[at * self.batch : (at + 1) * self.batch]


def to_device(values: np.ndarray | Tensor, device: torch.device | str) -> Tensor:
    """A whole array on the device, in one copy."""
    return torch.as_tensor(values).to(device)


def as_float(images: Tensor) -> Tensor:
    """uint8 N x C x H x W -> float32 in [0, 1], channels last: the layout in which convolutions run fastest."""
    return images.to(torch.float32, memory_format=torch.channels_last) / 255


def mixed_precision(device: torch.device | str, precision: str = "auto") -> torch.autocast:
    """bf16 autocast where `precision` ("auto", "fp32", "bf16") says so; auto: on CUDA only."""
    kind = torch.device(device).type
    return torch.autocast(kind, torch.bfloat16, enabled=precision == "bf16" or (precision == "auto" and kind == "cuda"))
