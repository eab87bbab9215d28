"""Occlusion: how much the target's logit falls when a window of the image is painted black.

Zeiler & Fergus (2014), arXiv 1311.2901. A pixel's attribution is the mean over the windows that cover it.
"""

from __future__ import annotations

import torch
from captum.attr import Occlusion
from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._base import Maps, at_once, batches, explaining, flat

TITLE = "Occlusion"


class Params(Strict):
    window: float = Field(0.125, gt=0, le=1, description="Side of the window as a share of the image's shorter side")
    stride: float = Field(0.5, gt=0, le=1, description="Step between two windows as a share of the window")


def attribute(model: nn.Module, images: Tensor, target: Tensor, params: Params) -> Maps:
    """float images in [0, 1], N x C x H x W, int64 target N -> Maps"""
    channels, *size = images.shape[1:]
    window = max(1, round(params.window * min(size)))
    stride = max(1, round(params.stride * window))
    maps = []
    with explaining(model), torch.no_grad():
        method = Occlusion(model)
        for part in batches(images, at_once(images)):
            count = part.stop - part.start
            found = method.attribute(
                images[part].float(),
                sliding_window_shapes=(channels, window, window),
                strides=(channels, stride, stride),
                baselines=0.0,
                target=target[part],
                perturbations_per_eval=max(1, at_once(images) // count),
            )
            # Captum repeats the window's value in every channel.
            maps.append(flat(found) / channels)
    return Maps(torch.cat(maps))
