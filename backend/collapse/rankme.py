"""RankMe: exp of the entropy of the singular value shares (Garrido et al. 2023, arXiv 2210.02885).

Convention: singular values sigma of the rows, not centred, p = sigma / sum sigma + 1e-7, exp(-sum p log p).
Compare runs of one method only. Rows that are all zero give 0.
"""

from __future__ import annotations

from ..registry import Strict
from ._embeddings import Embeddings, exp_entropy, shares

EPSILON = 1e-7

TITLE, UNIT = "RankMe", "dimensions"
SCORES = True
READING = "A smooth count of the directions that the features use: higher is better."


class Params(Strict):
    pass


def measure(batch: Embeddings, params: Params) -> float:
    p = shares(batch.singular_values)
    return 0.0 if p is None else exp_entropy(p + EPSILON)
