"""Multi-crop: two views of whole images and small ones of parts of them (Caron et al. 2020, arXiv 2006.09882)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ..encoders._base import Encoder
from ._base import TWO, View

SIDE = 0.5  # of the image's; the authors' 96 of 224 pixels
PART = (0.1, 0.4)  # of its area that a small view shows: a smaller part of a small image shows nothing


def multi_crop(local: int) -> tuple[View, ...]:
    """The two whole views, then `local` small ones."""
    return (*TWO, *(View(f"local {number + 1}", crop=PART, size=SIDE) for number in range(local)))


def fitted(views: Sequence[View], encoder: Encoder) -> tuple[View, ...]:
    """The views at sizes that the encoder's patches divide."""
    return tuple(replace(view, multiple=encoder.patch or 1) for view in views)


def encoded(encoder: Encoder, views: Sequence[Tensor]) -> tuple[Tensor, Tensor | None]:
    """Features of the first two views and of the others (None without any), view-major; one size at a time."""
    whole, small = encoder(torch.cat(list(views[:2]))), views[2:]
    return whole, encoder(torch.cat(list(small))) if small else None
