"""Integrated Gradients: gradients summed along the way from a black image, certified by completeness.

Sundararajan, Taly & Yan (2017), arXiv 1703.01365. The attributions should add up to the difference of
the target's logit between the image and the black image. Their relative error is at most `tolerance` or
the steps are doubled; a map that has not got there at `max_steps` keeps its best error and counts as not
certified. More steps do not always help: a ReLU network's gradient jumps along the path.
"""

from __future__ import annotations

import torch
from captum.attr import IntegratedGradients
from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._base import Maps, at_once, batches, explaining, flat, leaf, logits

# Below this difference of logits (float32 rounding) a relative error says nothing.
SMALLEST_CHANGE = 1e-5


class Params(Strict):
    steps: int = Field(32, ge=2, le=4096, description="Evaluations of the path integral to begin with")
    max_steps: int = Field(512, ge=2, le=4096, description="Steps are doubled up to this many")
    tolerance: float = Field(0.01, gt=0, le=1, description="Largest relative completeness error that is certified")


def attribute(model: nn.Module, images: Tensor, target: Tensor, params: Params) -> Maps:
    """float images in [0, 1], N x C x H x W, int64 target N -> Maps with errors and steps."""
    index = target.view(-1, 1)
    change = (logits(model, images) - logits(model, torch.zeros_like(images))).gather(1, index).squeeze(1)
    parts = []
    with explaining(model):
        for part in batches(images, at_once(images)):
            parts.append(_certify(model, images[part], target[part], change[part], params))
    maps, errors, steps = (torch.cat(column) for column in zip(*parts, strict=True))
    return Maps(maps, errors, steps)


def _certify(model, images, target, change, params: Params) -> tuple[Tensor, Tensor, Tensor]:
    """Double the steps of the images whose error is too large; every image keeps its best map."""
    count, total = params.steps, len(images)
    maps = torch.zeros(total, *images.shape[-2:])
    errors = torch.full((total,), float("inf"))
    steps = torch.full((total,), count)
    pending = torch.arange(total)
    method = IntegratedGradients(model)
    while len(pending):
        chosen = pending.to(images.device)
        attributions = method.attribute(
            leaf(images[chosen]),
            baselines=0.0,
            target=target[chosen],
            n_steps=count,
            internal_batch_size=at_once(images),
        )
        error = completeness_error(attributions, change[chosen]).cpu()
        better = error < errors[pending]
        kept = pending[better]
        maps[kept], errors[kept], steps[kept] = flat(attributions)[better], error[better], count
        pending = pending[errors[pending] > params.tolerance]
        if count * 2 > params.max_steps:
            break
        count *= 2
    return maps, errors, steps


def completeness_error(attributions: Tensor, change: Tensor) -> Tensor:
    """|sum of attributions - change of the logit| / |change|, N; the change is floored at float32's rounding."""
    total = attributions.detach().double().flatten(1).sum(dim=1)
    return ((total - change).abs() / change.abs().clamp_min(SMALLEST_CHANGE)).float()
