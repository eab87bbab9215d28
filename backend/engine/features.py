"""Features of a frozen encoder: computed once, used by every probe, map and neighbour search."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ..encoders._text import Tokens
from .feed import as_input

TEXTS = 128  # in one pass


@torch.no_grad()
def encode(
    encoder: nn.Module, examples: np.ndarray | Tensor | Tokens, device: torch.device | str, batch: int = 1024
) -> np.ndarray:
    """uint8 images N x C x H x W, or tokens -> features, float32 N x dim, in the examples' order.

    The encoder is moved to `device` and runs in eval mode; its mode is put back afterwards.
    """
    training = encoder.training
    encoder.to(device, memory_format=torch.channels_last).eval()
    if isinstance(examples, Tokens):
        features = by_length(encoder, examples, device, min(batch, TEXTS))
    else:
        parts = torch.as_tensor(examples).split(batch)
        features = torch.cat([encoder(as_input(part.to(device))) for part in parts])
    encoder.train(training)
    return features.float().cpu().numpy()


@torch.no_grad()
def by_length(model: nn.Module, tokens: Tokens, device: torch.device | str, batch: int = TEXTS) -> Tensor:
    """What `model` gives for every text, N x ..., in their order: texts of like length go together, to pad little."""
    order = tokens.mask.sum(1).argsort(stable=True)
    found = torch.cat([model(tokens[part].to(device)) for part in order.split(batch)])
    return found[order.argsort().to(found.device)]
