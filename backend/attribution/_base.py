"""What every attribution method gives: one signed map an image, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

# Pixels that pass through the model at once. It bounds the memory whatever the number of examples and steps.
PIXELS_AT_ONCE = 2**18


@dataclass(frozen=True)
class Maps:
    """maps: float32 N x H x W, attribution to the target's logit summed over channels, signed, on the CPU;
    errors: float32 N, relative completeness error, None where the method promises no completeness;
    steps: int64 N, evaluations of the path integral, None where there is none; layer: the layer read, or None."""

    maps: Tensor
    errors: Tensor | None = None
    steps: Tensor | None = None
    layer: str | None = None


def at_once(images: Tensor) -> int:
    """How many images of this size may pass through the model together."""
    return max(1, PIXELS_AT_ONCE // (images.shape[-2] * images.shape[-1]))


def batches(images: Tensor, size: int) -> Iterator[slice]:
    """Slices of at most `size` images."""
    for start in range(0, len(images), size):
        yield slice(start, min(start + size, len(images)))


def leaf(images: Tensor) -> Tensor:
    """A copy that gradients can be taken to, float32."""
    return images.detach().to(torch.float32).clone().requires_grad_()


def flat(attributions: Tensor) -> Tensor:
    """N x C x H x W -> N x H x W, summed over channels, detached, on the CPU."""
    return attributions.detach().sum(dim=1).to("cpu", torch.float32)


@contextmanager
def explaining(model: nn.Module) -> Iterator[nn.Module]:
    """The model in evaluation mode and without parameter gradients; both are put back afterwards."""
    training = {module: module.training for module in model.modules()}
    needed = {parameter: parameter.requires_grad for parameter in model.parameters()}
    model.eval().requires_grad_(False)
    try:
        yield model
    finally:
        for module, mode in training.items():
            module.training = mode
        for parameter, grad in needed.items():
            parameter.requires_grad_(grad)


@torch.no_grad()
def logits(model: nn.Module, images: Tensor) -> Tensor:
    """float images N x C x H x W -> logits N x K, in bounded batches."""
    with explaining(model):
        return torch.cat([model(images[part]).float() for part in batches(images, at_once(images))])
