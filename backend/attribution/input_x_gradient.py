"""Input x Gradient: each pixel times the gradient of the target's logit there.

Shrikumar et al. (2016), arXiv 1605.01713; the first-order term of the change from a black image.
"""

from __future__ import annotations

import torch
from captum.attr import InputXGradient
from torch import Tensor, nn

from ..registry import Strict
from ._base import Maps, at_once, batches, explaining, flat, leaf

TITLE = "Input x Gradient"


class Params(Strict):
    pass


def attribute(model: nn.Module, images: Tensor, target: Tensor, params: Params) -> Maps:
    """float images in [0, 1], N x C x H x W, int64 target N -> Maps"""
    with explaining(model):
        method = InputXGradient(model)
        maps = [
            flat(method.attribute(leaf(images[part]), target=target[part])) for part in batches(images, at_once(images))
        ]
    return Maps(torch.cat(maps))
