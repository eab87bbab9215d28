"""Effective rank: exp of the entropy of the covariance's eigenvalue shares (Roy & Vetterli 2007).

Convention: eigenvalues lambda of the centred covariance, p = lambda / sum lambda, exp H(p). k equal
eigenvalues give k; features that do not vary at all give 0. Well above the number of classes is healthy.
"""

from __future__ import annotations

from ..registry import Strict
from ._embeddings import Embeddings, exp_entropy, shares

TITLE, UNIT = "Effective rank", "dimensions"
READING = "How many directions the features use: higher is better; well above the number of classes is healthy."


class Params(Strict):
    pass


def measure(batch: Embeddings, params: Params) -> float:
    p = shares(batch.eigenvalues)
    return 0.0 if p is None else exp_entropy(p)
