"""The path integral driven until it is complete: what integrated gradients of images and of text share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

# Below this difference of logits (float32 rounding) a relative error says nothing.
SMALLEST_CHANGE = 1e-5


class Settings(Protocol):
    """steps: to begin with; max_steps: doubled up to this many; tolerance: the largest error that is certified."""

    steps: int
    max_steps: int
    tolerance: float


def certify(
    attributions: Callable[[Tensor, int], Tensor], change: Tensor, settings: Settings
) -> tuple[Tensor, Tensor, Tensor]:
    """Double the steps of the examples whose error is too large; every example keeps its best attributions.

    attributions(positions, steps) -> float32 n x ... on the CPU, of the examples at these positions (int64 n, on
    the device of `change`); change: N, by how much the logit differs between the examples and their baselines.
    -> (N x ..., relative completeness errors N, steps N), on the CPU. N is at least 1.
    """
    count, total = settings.steps, len(change)
    pending = torch.arange(total)
    found, errors, steps = None, torch.full((total,), float("inf")), torch.full((total,), count)
    while len(pending):
        chosen = pending.to(change.device)
        fresh = attributions(chosen, count)
        found = torch.zeros(total, *fresh.shape[1:]) if found is None else found
        error = completeness_error(fresh, change[chosen].cpu())
        better = error < errors[pending]
        kept = pending[better]
        found[kept], errors[kept], steps[kept] = fresh[better], error[better], count
        pending = pending[errors[pending] > settings.tolerance]
        if count * 2 > settings.max_steps:
            break
        count *= 2
    return found, errors, steps


def completeness_error(attributions: Tensor, change: Tensor) -> Tensor:
    """|sum of attributions - change of the logit| / |change|, N; the change is floored at float32's rounding."""
    total = attributions.detach().double().flatten(1).sum(dim=1)
    return ((total - change).abs() / change.abs().clamp_min(SMALLEST_CHANGE)).float()
