"""Agreement: how much closer two views of an image lie than two different images.

Convention: rows L2-normalised, 1 - E ||x - x+||^2 / E ||x - y||^2, the intraclass correlation of the views:
1 when the views of an image coincide, 0 when an image can no longer be told from another. It falls when
embeddings shrink into noise, which alignment alone does not show. NaN with one view or one image; 0 when all
rows are alike.
"""

from __future__ import annotations

from math import isnan, nan

from ..registry import Strict
from . import alignment
from ._embeddings import Embeddings

TITLE, UNIT, FOLDED = "Agreement of the views", "correlation", True
READING = "1: the views of an example coincide; 0: an example cannot be told from another."


class Params(Strict):
    pass


def measure(batch: Embeddings, params: Params) -> float:
    rows = batch.first_view
    n = len(rows)
    within = alignment.measure(batch, alignment.Params())
    if isnan(within) or n < 2:
        return nan
    # E ||x - y||^2 over different rows is twice the variance of the rows with divisor n - 1
    between = 2 * float(rows.var(dim=0).sum())
    return 1 - within / between if between > 0 else 0.0
