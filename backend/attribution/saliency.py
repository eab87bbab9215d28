"""Saliency: the gradient of the target's logit with respect to each pixel.

Simonyan, Vedaldi & Zisserman (2014), arXiv 1312.6034.
"""

from __future__ import annotations

import torch
from captum.attr import Saliency
from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._base import Maps, at_once, batches, explaining, flat, leaf

TITLE = "Saliency"


class Params(Strict):
    absolute: bool = Field(True, description="Magnitude of the gradient, as in the paper; otherwise signed")


def attribute(model: nn.Module, images: Tensor, target: Tensor, params: Params) -> Maps:
    """float images in [0, 1], N x C x H x W, int64 target N -> Maps"""
    with explaining(model):
        method = Saliency(model)
        maps = [
            flat(method.attribute(leaf(images[part]), target=target[part], abs=params.absolute))
            for part in batches(images, at_once(images))
        ]
    return Maps(torch.cat(maps))
