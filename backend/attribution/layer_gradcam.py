"""Layer Grad-CAM: the encoder's last spatial feature maps, weighted by their mean gradient, enlarged to the image.

Selvaraju et al. (2017), arXiv 1610.02391. An encoder that speaks in tokens (ViT) names its grid, and its
patch tokens are read as a feature map; tokens ahead of the patches (class token) stand on no place and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from captum.attr import LayerAttribution, LayerGradCam
from pydantic import Field
from torch import Tensor, nn

from ..encoders._base import Encoder
from ..registry import Strict
from ._base import Maps, at_once, batches, explaining, flat, leaf

TITLE = "Layer Grad-CAM"


class Params(Strict):
    positive_only: bool = Field(
        False, description="Keep only evidence for the class, as in the paper; otherwise signed"
    )


def attribute(model: nn.Module, images: Tensor, target: Tensor, params: Params) -> Maps:
    """float images in [0, 1], N x C x H x W, int64 target N -> Maps, bilinearly enlarged to H x W.

    `model` is a Classifier: its `encoder` says which layer to read.
    """
    encoder: Encoder = model.encoder
    name = next(n for n, module in model.named_modules() if module is encoder.gradcam_layer)
    size, maps = tuple(images.shape[-2:]), []
    with explaining(model), _spatial(encoder) as layer:
        method = LayerGradCam(model, layer)
        for part in batches(images, at_once(images)):
            found = method.attribute(leaf(images[part]), target=target[part], relu_attributions=params.positive_only)
            maps.append(flat(LayerAttribution.interpolate(found, size, interpolate_mode="bilinear")))
    return Maps(torch.cat(maps), layer=name)


@contextmanager
def _spatial(encoder: Encoder) -> Iterator[nn.Module]:
    """A module whose output is the Grad-CAM layer's, N x c x h x w, while the context lasts."""
    if encoder.gradcam_grid is None:
        yield encoder.gradcam_layer
        return
    grid = _TokensToGrid(encoder.gradcam_grid)

    def through_grid(_layer: nn.Module, _inputs: tuple, tokens: Tensor) -> Tensor:
        ahead = tokens.shape[1] - grid.size[0] * grid.size[1]
        patches = grid(tokens[:, ahead:]).flatten(2).transpose(1, 2)
        return torch.cat([tokens[:, :ahead], patches], dim=1)

    handle = encoder.gradcam_layer.register_forward_hook(through_grid)
    try:
        yield grid
    finally:
        handle.remove()


class _TokensToGrid(nn.Module):
    """N x (h w) x c -> N x c x h x w; a module of its own so that Captum can read it."""

    def __init__(self, size: tuple[int, int]):
        super().__init__()
        self.size = size

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens.transpose(1, 2).unflatten(2, self.size)
