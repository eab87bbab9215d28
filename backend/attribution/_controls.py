"""Two maps that explain nothing and must fail the tests: noise, and a copy of the image."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

CONTROLS = ("random_map", "input_copy")


def random_map(images: Tensor, rows: list[int], seed: int) -> Tensor:
    """float32 N x H x W of standard normal noise; an example's noise depends on its row and the seed alone."""
    size = tuple(images.shape[-2:])
    noise = [np.random.default_rng([seed, row]).standard_normal(size, dtype=np.float32) for row in rows]
    return torch.from_numpy(np.stack(noise))


def input_copy(images: Tensor) -> Tensor:
    """float32 N x H x W: the image itself, summed over channels. It looks convincing and ignores the model."""
    return images.detach().sum(dim=1).to("cpu", torch.float32)
