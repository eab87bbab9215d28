"""What every encoder is: images in [0, 1] in, one feature vector an image out; normalisation inside."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Encoder(nn.Module):
    """Base of the encoders.

    dim            length of the feature vector
    gradcam_layer  the module whose output LayerGradCam reads
    gradcam_grid   (h, w) when that output is N x tokens x c instead of N x c x h x w
    """

    dim: int
    gradcam_grid: tuple[int, int] | None = None

    def __init__(self, mean: Sequence[float], std: Sequence[float]):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).clamp_min(1e-3).view(1, -1, 1, 1))

    @property
    def gradcam_layer(self) -> nn.Module:
        # a property, since a module under two names would stand in the state dict twice
        raise NotImplementedError

    def normalise(self, images: Tensor) -> Tensor:
        """images in [0, 1], N x C x H x W -> zero mean, unit variance per channel"""
        return (images - self.mean) / self.std

    def forward(self, images: Tensor) -> Tensor:
        """float images in [0, 1], N x C x H x W -> features, N x dim"""
        raise NotImplementedError
