"""Uniformity: log of the mean Gaussian potential between images (Wang & Isola 2020, arXiv 2005.10242).

Convention: rows L2-normalised, log E exp(-2 ||x - y||^2) over pairs of different images, one view each, in
[-8, 0]; 0 when all rows are alike. NaN with fewer than two images.
"""

from __future__ import annotations

from math import nan

import torch

from ..registry import Strict
from ._embeddings import Embeddings

OF = "views"
TITLE, UNIT = "uniformity", "squared distance; log"
PANEL = "Alignment and uniformity (both low is good)"
READING = "How evenly the examples lie on the sphere: low is even, 0 is all in one place."


class Params(Strict):
    pass


def measure(batch: Embeddings, params: Params) -> float:
    rows = batch.first_view
    n = len(rows)
    if n < 2:
        return nan
    # ||x - y||^2 = 2 - 2 x.y on the sphere; the n pairs of a row with itself each add exp(0) = 1
    potential = torch.exp(4 * (rows @ rows.T).clamp_max(1) - 4).fill_diagonal_(0)
    return float(torch.log(potential.sum() / (n * (n - 1))))
