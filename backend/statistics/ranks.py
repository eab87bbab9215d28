"""How far two orders of the same things agree: Spearman's rank correlation with an interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from .proportions import z_score

FEWEST = 5  # things, below which no interval is given


def spearman(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> dict[str, float | None]:
    """{value, low, high} of the rank correlation of two sequences, ties at their mean rank.

    The interval is Fisher's z with the variance (1 + r^2 / 2) / (n - 3) of Bonett & Wright (2000), Psychometrika 65:23.
    At r = 1, where that has no end, its lower end is that of the next smaller r that n things can show (two neighbours
    exchanged). None where it cannot be computed: one of the two is constant, or fewer than FEWEST things.
    """
    x, y = (stats.rankdata(np.asarray(side, dtype=float)) for side in (a, b))
    if len(x) != len(y):
        raise ValueError(f"ranks: expected two sequences of one length, found {len(x)} and {len(y)}")
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return {"value": None, "low": None, "high": None}
    r, n = float(np.corrcoef(x, y)[0, 1]), len(x)
    r = min(1.0, max(-1.0, r))
    if n < FEWEST:
        return {"value": r, "low": None, "high": None}
    inner = min(abs(r), 1 - 12 / (n**3 - n)) * math.copysign(1, r)
    half = z_score(level) * math.sqrt((1 + inner**2 / 2) / (n - 3))
    low, high = math.tanh(math.atanh(inner) - half), math.tanh(math.atanh(inner) + half)
    return {"value": r, "low": -1.0 if r == -1 else low, "high": 1.0 if r == 1 else high}
