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
from ._completeness import certify

TITLE = "Integrated Gradients"


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
        method = IntegratedGradients(model)
        for part in batches(images, at_once(images)):
            found = _of(method, images[part], target[part])
            parts.append(certify(found, change[part], params))
    maps, errors, steps = (torch.cat(column) for column in zip(*parts, strict=True))
    return Maps(maps, errors, steps)


def _of(method: IntegratedGradients, images: Tensor, target: Tensor):
    """(positions, steps) -> maps n x H x W"""

    def attributions(chosen: Tensor, steps: int) -> Tensor:
        return flat(
            method.attribute(
                leaf(images[chosen]),
                baselines=0.0,
                target=target[chosen],
                n_steps=steps,
                internal_batch_size=at_once(images),
            )
        )

    return attributions
