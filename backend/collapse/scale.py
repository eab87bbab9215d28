"""Scale: total variance of the embeddings, the sum of the covariance's eigenvalues.

Convention: centred covariance, rows as they are (not on the sphere). Only its course says something: a
variance that shrinks to nothing is a complete collapse that measures on the sphere cannot see.
"""

from __future__ import annotations

from ..registry import Strict
from ._embeddings import Embeddings

TITLE, UNIT, FOLDED = "Scale", "total variance", True
READING = "Only its course counts: a variance that shrinks to nothing is a complete collapse."


class Params(Strict):
    pass


def measure(batch: Embeddings, params: Params) -> float:
    return float(batch.eigenvalues.sum())
