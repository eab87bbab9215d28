"""alpha-ReQ: decay of the covariance's eigenvalue spectrum (Agrawal et al. 2022, arXiv 2202.05808).

Convention: centred covariance; alpha is minus the least-squares slope of log lambda_j on log j for j from
`first` to `last`, cut to the eigenvalues above 1e-9 of the largest. Near 1 is healthy; how it goes with
accuracy depends on the range. NaN with fewer than three eigenvalues in the range.
"""

from __future__ import annotations

from math import nan

import torch
from pydantic import Field

from ..registry import Strict
from ._embeddings import Embeddings

TITLE, UNIT, FOLDED = "Decay of the spectrum (alpha-ReQ)", "exponent", True
READING = "Near 1 is healthy; far above it few directions hold the variance."


class Params(Strict):
    first: int = Field(1, ge=1, description="First eigenvalue of the fit, counted from 1")
    last: int = Field(50, ge=3, description="Last eigenvalue of the fit")


def measure(batch: Embeddings, params: Params) -> float:
    values = batch.eigenvalues
    values = values[values > 1e-9 * values[0]][params.first - 1 : params.last]
    if len(values) < 3:
        return nan
    rank = torch.arange(params.first, params.first + len(values), device=values.device, dtype=values.dtype)
    x, y = rank.log(), values.log()
    x = x - x.mean()
    return float(-(x * y).sum() / x.square().sum())
