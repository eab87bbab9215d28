"""Feature std: mean over the dimensions of the std of the unit-length rows (SimSiam, arXiv 2011.10566).

Convention: rows L2-normalised, std over the rows with divisor n. Rows spread evenly over the sphere give
1 / sqrt(d), rows that are all alike give 0. Read it on the projector: on backbone features it may rise
while the representation dies.
"""

from __future__ import annotations

from ..registry import Strict
from ._embeddings import Embeddings

TITLE, UNIT = "Feature spread", "std of unit-length features"
READING = "1/√d where features are spread evenly over d dimensions; near 0 all examples look alike."


class Params(Strict):
    pass


def measure(batch: Embeddings, params: Params) -> float:
    return float(batch.unit.std(dim=0, correction=0).mean())
