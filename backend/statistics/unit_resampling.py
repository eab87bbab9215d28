"""Figures that are a quotient of two sums over units, such as alarms a week: their intervals by resampling units.

Windows of one unit tell the same story again, so an interval that takes them for separate examples is far too narrow.
What a unit adds to both sums is added up first, and whole units are drawn with replacement.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RESAMPLES = 1_000
LEVEL = 0.95


def sums(unit: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """float64 U x K: what the rows of each unit add up to. unit: int64 N, from 0 to count - 1; values: N x K."""
    found = np.zeros((count, values.shape[1]))
    np.add.at(found, unit, values)
    return found


def draws(units: int, seed: int, resamples: int = RESAMPLES) -> np.ndarray:
    """float64 resamples x U: how often each unit is drawn."""
    shares = np.full(units, 1 / units)
    return np.random.default_rng(seed).multinomial(units, shares, size=resamples).astype(np.float64)


def interval(
    per_unit: np.ndarray, figure: Callable[[np.ndarray], np.ndarray], drawn: np.ndarray
) -> dict[str, float | None]:
    """{value, low, high} of a figure of the sums over the units.

    per_unit: U x K; figure: sums (.. x K) -> .., NaN where there is none; drawn: as `draws` gives it. low and high are
    None of fewer than two units, all of them where the figure itself is not defined.
    """
    value = float(figure(per_unit.sum(0)))
    if not np.isfinite(value):
        return {"value": None, "low": None, "high": None}
    if len(per_unit) < 2:
        return {"value": value, "low": None, "high": None}
    samples = figure(drawn @ per_unit)
    samples = samples[np.isfinite(samples)]
    low, high = np.quantile(samples, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"value": value, "low": float(low), "high": float(high)}


def quotient(over: int, under: int, root: bool = False) -> Callable[[np.ndarray], np.ndarray]:
    """The figure sum `over` by sum `under` (places among the K), or the root of it."""

    def figure(told: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(told[..., under] > 0, told[..., over] / told[..., under], np.nan)
        return np.sqrt(found) if root else found

    return figure
