"""From the outputs of a study's models to what a maintenance engineer reads: pure numbers, no side effects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..statistics.maintenance import COUNTS, Lives, Moments, counted
from ..statistics.unit_resampling import interval, quotient, sums

SHARES = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)  # of the validation windows
WEEK = {"seconds": 604_800.0, "minutes": 10_080.0, "hours": 168.0, "days": 7.0, "weeks": 1.0}
OTHER = 100.0  # of a unit of time that is no part of a week
# figure -> (sum over, sum under) among COUNTS, and whether it is told for a span of time
FIGURES = {
    "alarms": ("alarms", "time", True),
    "false_alarms": ("false_alarms", "time", True),
    "found": ("found", "failures", False),
    "lead": ("lead", "found", False),
}


@dataclass(frozen=True)
class Watched:
    """The test windows as they are watched over time. lives: of known outcome; per: the time that alarms are counted
    in; drawn: resamples of the units."""

    lives: Lives
    per: float
    drawn: np.ndarray

    def figures(self, counts: np.ndarray) -> dict[str, Any]:
        """{figure: {value, low, high}}; counts: U x COUNTS."""
        told = {}
        for name, (over, under, timed) in FIGURES.items():
            at = quotient(COUNTS.index(over), COUNTS.index(under))
            told[name] = _times(interval(counts, at, self.drawn), self.per if timed else 1.0)
        right = np.column_stack([counts[:, 0] - counts[:, 1], counts[:, 0]])
        return {**told, "precision": interval(right, quotient(0, 1), self.drawn)}

    def counts(self, models: Sequence[tuple[np.ndarray, np.ndarray]], share: float) -> np.ndarray:
        """U x COUNTS, mean over the models, each at the threshold that validation gave it for this share of windows.

        models: (scores of the validation windows, of the test windows) of each.
        """
        each = [counted(self.lives, test >= threshold(val, share)) for val, test in models]
        return np.mean(each, axis=0)

    def accuracy(self, right: np.ndarray) -> dict[str, float | None]:
        """Share of windows that are called rightly; right: float N, mean over the models."""
        told = sums(self.lives.unit, np.column_stack([right, np.ones(len(right))]), self.lives.units)
        return interval(told, quotient(0, 1), self.drawn)


def threshold(val: np.ndarray, share: float) -> float:
    """The lowest score that at most this share of the validation windows reach; infinity where ties at the top are
    more, so that a model that says the same of every window never alarms."""
    values, counts = np.unique(np.asarray(val, np.float64), return_counts=True)
    within = counts[::-1].cumsum()[::-1] <= share * len(val) + 1e-9
    return float(values[within][0]) if within.any() else np.inf


def span_of(unit: str | None) -> float:
    """The time that alarms are counted in, in the unit of time: a week, or OTHER of it."""
    return WEEK.get(unit or "", OTHER)


def curve(watched: Watched, models: Sequence[tuple[np.ndarray, np.ndarray]]) -> Iterator[dict[str, Any]]:
    """Rows of the table `maintenance/curve`: other shares of the windows that alarm."""
    for share in SHARES:
        counts = watched.counts(models, share)
        moments, row = Moments.of(counts), {"share": share}
        for name, told in watched.figures(counts).items():
            row |= {f"{name}_{end}": told[end] for end in ("value", "low", "high")}
        yield {**row, "sums": moments.sums.tolist(), "products": moments.products.ravel().tolist(),
               "units": moments.units}  # fmt: skip


def counts_down(unit: np.ndarray, time: np.ndarray, truth: np.ndarray) -> bool:
    """Whether a number falls by as much as time passes, wherever it lies below its largest value: then it is a
    remaining life. Windows of one unit need not stand together."""
    order = np.lexsort((time, unit))
    unit, time, truth = unit[order], time[order], truth[order]
    below = (unit[1:] == unit[:-1]) & (truth[:-1] < truth.max())
    return bool(below.any()) and bool(np.allclose(-np.diff(truth)[below], np.diff(time)[below], rtol=1e-3, atol=1e-6))


def _times(told: dict[str, float | None], factor: float) -> dict[str, float | None]:
    return {name: None if value is None else factor * value for name, value in told.items()}
