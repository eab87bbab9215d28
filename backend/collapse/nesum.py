"""NESum: the sum of the covariance's eigenvalues over the largest (He & Ozay 2022).

Convention: centred covariance. k equal eigenvalues give k; features that do not vary at all give 0.
"""

from __future__ import annotations

from ..registry import Strict
from ._embeddings import Embeddings


class Params(Strict):
    pass


def measure(batch: Embeddings, params: Params) -> float:
    largest = batch.eigenvalues[0]
    return float(batch.eigenvalues.sum() / largest) if largest > 0 else 0.0
