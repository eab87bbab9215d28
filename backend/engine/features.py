"""Features of a frozen encoder: computed once, used by every probe, map and neighbour search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ..encoders._text import Tokens
from .feed import as_input

TEXTS = 128  # in one pass


def quiet(done: int, total: int) -> None:
    pass


@torch.no_grad()
def encode(
    encoder: nn.Module,
    examples: np.ndarray | Tensor | Tokens,
    device: torch.device | str,
    batch: int = 1024,
    progress: Callable[[int, int], None] = quiet,
) -> np.ndarray:
    """uint8 images N x C x H x W, or tokens -> features, float32 N x dim, in the examples' order.

    progress(done, total) is told before each batch and at the end, and may raise to stop. The encoder is moved to
    `device` and runs in eval mode; its mode is put back afterwards.
    """
    training = encoder.training
    encoder.to(device, memory_format=torch.channels_last).eval()
    if isinstance(examples, Tokens):
        features = by_length(encoder, examples, device, min(batch, TEXTS), progress)
    else:
        found = []
        for done, part in enumerate(torch.as_tensor(examples).split(batch)):
            progress(done * batch, len(examples))
            found.append(encoder(as_input(part.to(device))))
        progress(len(examples), len(examples))
        features = torch.cat(found)
    encoder.train(training)
    return features.float().cpu().numpy()


@torch.no_grad()
def by_length(
    model: nn.Module,
    tokens: Tokens,
    device: torch.device | str,
    batch: int = TEXTS,
    progress: Callable[[int, int], None] = quiet,
) -> Tensor:
    """What `model` gives for every text, N x ..., in their order: texts of like length go together, to pad little.
    progress: as of `encode`, in tokens."""
    lengths = tokens.mask.sum(1)
    order, total, done = lengths.argsort(stable=True), int(lengths.sum()), 0
    found = []
    for part in order.split(batch):
        progress(done, total)
        found.append(model(tokens[part].to(device)))
        done += int(lengths[part].sum())
    progress(total, total)
    together = torch.cat(found)
    return together[order.argsort().to(together.device)]
