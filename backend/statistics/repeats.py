"""Means of repeated trainings, and their differences where both sides were repeated with the same seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

FEWEST = 3  # repetitions, below which no interval is given


def mean(values: Sequence[float], level: float = 0.95) -> dict[str, float | None]:
    """{value, low, high}: the mean and its interval by Student's t; without ends of fewer than FEWEST values."""
    found = np.asarray(values, dtype=float)
    if not len(found):
        return {"value": None, "low": None, "high": None}
    value = float(found.mean())
    if len(found) < FEWEST:
        return {"value": value, "low": None, "high": None}
    half = float(stdtrit(len(found) - 1, (1 + level) / 2) * found.std(ddof=1) / np.sqrt(len(found)))
    return {"value": value, "low": value - half, "high": value + half}


def difference(
    a: dict[int, float], b: dict[int, float], comparisons: int = 1, level: float = 0.95
) -> dict[str, float | None]:
    """{value, low, high} of a less b over the seeds {seed: value} that both have.

    comparisons: how many such differences are looked at together: each interval is so wide (Bonferroni) that all of
    them hold at once with the probability `level`, so the largest may be picked afterwards.
    """
    shared = sorted(a.keys() & b.keys())
    return mean([a[seed] - b[seed] for seed in shared], 1 - (1 - level) / comparisons)
