"""NESum: the sum of the covariance's eigenvalues over the largest (He & Ozay 2022).

Convention: centred covariance. k equal eigenvalues give k; features that do not vary at all give 0.
"""

from __future__ import annotations

from ..registry import Strict
from ._embeddings import Embeddings

TITLE, UNIT, FOLDED = "NESum", "dimensions", True
READING = "The variance in units of the largest direction; near 1 a single direction holds it all."


class Params(Strict):
    pass


def measure(batch: Embeddings, params: Params) -> float:
    largest = batch.eigenvalues[0]
    return float(batch.eigenvalues.sum() / largest) if largest > 0 else 0.0
