"""What both sides share, so that only the feed, the augmentation and the loss differ."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from backend.encoders import convnet, resnet18

TEMPERATURE = 0.2
ENCODERS = {"convnet": convnet, "resnet18": resnet18}


def build(name: str, advice: int = 0) -> tuple[nn.Module, nn.Module, torch.optim.Optimizer]:
    """(encoder, projector, optimiser) for 32 x 32 colour images.

    advice: the size of a batch for which projector and optimiser are those of lightly's CIFAR-10 benchmark; 0: ours.
    """
    module = ENCODERS[name]
    encoder = module.build(module.Params(), (3, 32, 32), [0.49, 0.48, 0.45], [0.25, 0.24, 0.26])
    encoder = encoder.to(memory_format=torch.channels_last)
    hidden, out = (512, 128) if advice else (256, 64)
    projector = nn.Sequential(
        nn.Linear(encoder.dim, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, out)
    )
    parameters = [*encoder.parameters(), *projector.parameters()]
    peak = 6e-2 * advice / 128 if advice else 2e-3
    if advice:
        optimizer = torch.optim.SGD(parameters, lr=peak, momentum=0.9, weight_decay=5e-4)
    else:
        optimizer = torch.optim.AdamW(parameters, lr=peak, weight_decay=1e-4)
    for group in optimizer.param_groups:
        group["peak"] = peak
    return encoder, projector, optimizer


@torch.no_grad()
def encode(encoder: nn.Module, images: np.ndarray) -> np.ndarray:
    encoder.eval()
    parts = [
        encoder(torch.from_numpy(part).float() / 255) for part in np.array_split(images, max(1, len(images) // 1000))
    ]
    return torch.cat(parts).numpy()
