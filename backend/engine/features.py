"""Features of a frozen encoder: computed once, used by every probe, map and neighbour search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ..encoders._examples import Examples

BATCH = 1024


def quiet(done: int, total: int) -> None:
    pass


@torch.no_grad()
def encode(
    encoder: nn.Module,
    examples: Examples,
    device: torch.device | str,
    batch: int = BATCH,
    progress: Callable[[int, int], None] = quiet,
) -> np.ndarray:
    """Features, float32 N x dim, in the examples' order.

    progress(done, total), in the examples' unit, is told before each batch and at the end, and may raise to stop. The
    encoder is moved to `device` and runs in eval mode; its mode is put back afterwards.
    """
    training = encoder.training
    encoder.to(device, memory_format=torch.channels_last).eval()
    features = read_by(encoder, examples, device, batch, progress)
    encoder.train(training)
    return features.float().cpu().numpy()


@torch.no_grad()
def read_by(
    model: nn.Module,
    examples: Examples,
    device: torch.device | str,
    batch: int = BATCH,
    progress: Callable[[int, int], None] = quiet,
) -> Tensor:
    """What `model` gives for every example, N x ..., in their order; progress: as of `encode`."""
    total, done, found = int(examples.sizes.sum()), 0, []
    for part in examples.batches(batch):
        progress(done, total)
        found.append(model(part.to(device).input))
        done += int(part.sizes.sum())
    progress(total, total)
    together, order = torch.cat(found), examples.order
    return together if order is None else together[order.argsort().to(together.device)]
