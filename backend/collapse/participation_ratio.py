"""Participation ratio: (sum lambda)^2 / sum lambda^2 of the covariance's eigenvalues.

Convention: centred covariance. k equal eigenvalues give k; features that do not vary at all give 0. It
weighs the leading directions more than the effective rank does, and is never above it.
"""

from __future__ import annotations

from ..registry import Strict
from ._embeddings import Embeddings, shares

TITLE, UNIT = "Participation ratio", "dimensions"
READING = "As the effective rank, but dominated by the strongest directions."


class Params(Strict):
    pass


def measure(batch: Embeddings, params: Params) -> float:
    p = shares(batch.eigenvalues)
    return 0.0 if p is None else float(1 / p.square().sum())
