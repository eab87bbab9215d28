"""Self-cluster: how much the images clump on the sphere (arXiv 2305.16562).

Convention: rows L2-normalised, one view an image, (||W W^T||_F^2 - n - n(n-1)/d) / (n^2 - n - n(n-1)/d).
Near 0 when spread evenly, 1 at total collapse. NaN with fewer than two images or in one dimension.
"""

from __future__ import annotations

from math import nan

from ..registry import Strict
from ._embeddings import Embeddings

TITLE, UNIT, FOLDED = "Self-cluster", "0 to 1", True
READING = "0: spread evenly over the sphere; 1: all in one place."


class Params(Strict):
    pass


def measure(batch: Embeddings, params: Params) -> float:
    rows = batch.first_view.double()
    n, d = rows.shape
    if n < 2 or d < 2:
        return nan
    # ||W W^T||_F = ||W^T W||_F, and d x d is the smaller of the two
    clumping = (rows.T @ rows).square().sum()
    even = n + n * (n - 1) / d
    return float((clumping - even) / (n**2 - even))
