"""Nearest gap: how far the nearest other image is, against how far images are on average.

Convention: rows L2-normalised, the first `images` of them, median over these of the squared distance to the
nearest other image, over the mean squared distance between images. Near 0 when images sit on a few points
(cluster collapse), whatever the rank; NaN with fewer than two images, 0 when all rows are alike.
"""

from __future__ import annotations

from math import nan

import torch
from pydantic import Field

from ..registry import Strict
from ._embeddings import Embeddings

TITLE, UNIT, FOLDED = "Nearest gap", "share of the mean distance", True
READING = "Near 0: the examples sit on a few points."

ROUNDING = 8 * torch.finfo(torch.float32).eps  # of a squared distance that is 2 less twice a cosine


class Params(Strict):
    images: int = Field(128, ge=2, description="Images compared; a fixed number, since more images lie closer")


def measure(batch: Embeddings, params: Params) -> float:
    rows = batch.first_view[: params.images]
    n = len(rows)
    if n < 2:
        return nan
    squared = (2 - 2 * (rows @ rows.T)).clamp_min(0)
    mean = squared.fill_diagonal_(0).sum() / (n * (n - 1))
    nearest = squared.fill_diagonal_(8).amin(dim=1).median()
    return float(nearest / mean) if mean > ROUNDING else 0.0
