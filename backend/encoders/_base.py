"""What every encoder is: images in [0, 1] in, one feature vector an image out; normalisation inside."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..workspace.layout import BadInput


class Encoder(nn.Module):
    """Base of the encoders.

    dim            length of the feature vector
    convolutional  whether most of the work is in convolutions, which bf16 makes faster on a CPU, too
    patches        (rows, columns) of the grid of patches, None where the encoder has none
    patch          side of a patch in pixels, None likewise; images of other sizes must have multiples of it
    gradcam_layer  the module whose output LayerGradCam reads
    gradcam_grid   (h, w) when that output is N x tokens x c instead of N x c x h x w
    """

    dim: int
    convolutional: bool = False
    patches: tuple[int, int] | None = None
    patch: int | None = None
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

    def tokens(self, images: Tensor, keep: Tensor | None = None) -> Tensor:
        """One vector a patch, N x K x dim; patches that are not kept are never computed.

        images: float N x C x H x W in [0, 1]; keep: int64 N x K, the numbers of the patches that are seen, counted row
        by row; None: all. Raises BadInput for an encoder without patches.
        """
        raise BadInput(f"encoder: expected one that reads patches (vit), found {type(self).__name__}")

    def forward(self, images: Tensor) -> Tensor:
        """float images in [0, 1], N x C x H x W -> features, N x dim"""
        raise NotImplementedError
