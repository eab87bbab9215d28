"""Features of a frozen encoder: computed once, used by every probe, map and neighbour search."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..encoders._base import Encoder
from .feed import as_float


@torch.no_grad()
def encode(encoder: Encoder, images: np.ndarray | Tensor, device: torch.device | str, batch: int = 1024) -> np.ndarray:
    """uint8 images N x C x H x W -> features, float32 N x dim, in the images' order.

    The encoder is moved to `device` and runs in eval mode; its mode is put back afterwards.
    """
    training = encoder.training
    encoder.to(device, memory_format=torch.channels_last).eval()
    parts = [encoder(as_float(part.to(device))) for part in torch.as_tensor(images).split(batch)]
    encoder.train(training)
    return torch.cat(parts).float().cpu().numpy()
