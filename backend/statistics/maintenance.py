"""What alarms are worth to who maintains the units: how many there are, how many failures they find and how early.

A unit is read window by window. A window whose score reaches the threshold raises an alarm, unless the unit raised one
less than the horizon ago: an alarm says that the unit fails within the horizon, so until then it stands. An alarm is
right where the unit fails within the horizon of it, else false. A failure is found where any window within the horizon
before it reaches the threshold; its lead time is what the first of them leaves. Whoever alarms all the time therefore
finds every failure, with an alarm a horizon.

Nothing is adjusted in hindsight: that one window within the horizon reached the threshold makes no other window right
(point-adjusted scores do that, and by them random scores are among the best: Kim et al. 2022, arXiv 2109.05257).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .costs import Costs

COUNTS = ("alarms", "false_alarms", "failures", "found", "lead", "time")  # what a unit is counted by; lead, time: sums


@dataclass(frozen=True)
class Lives:
    """N windows of known outcome. unit: int64, from 0 on; time: when each ends; left: time until the failure, of
    windows with `event`; event: whether the failure comes within the horizon; span: the time that a window stands for.
    All times are in one unit."""

    unit: np.ndarray
    time: np.ndarray
    left: np.ndarray
    event: np.ndarray
    horizon: float
    span: float

    @property
    def units(self) -> int:
        return int(self.unit.max()) + 1 if len(self.unit) else 0

    def ordered(self) -> np.ndarray:
        """int64 N: the windows, unit by unit in the order of time."""
        return np.lexsort((self.time, self.unit))


def counted(lives: Lives, raised: np.ndarray) -> np.ndarray:
    """float64 U x COUNTS. raised: bool N, the windows that reach the threshold."""
    found = np.zeros((lives.units, len(COUNTS)))
    order = lives.ordered()
    unit, time = lives.unit[order], lives.time[order]
    raised, event, left = raised[order], lives.event[order], lives.left[order]
    np.add.at(found[:, 5], unit, lives.span)
    borders = np.searchsorted(unit, np.arange(lives.units + 1))
    for place, (begin, end) in enumerate(pairwise(borders)):
        inside = slice(begin, end)
        starts = alarms(time[inside], raised[inside], lives.horizon)
        found[place, 0] = len(starts)
        found[place, 1] = (~event[inside][starts]).sum()
        failing = np.flatnonzero(event[inside])
        if not len(failing):
            continue
        # a unit may fail more than once: the windows before one failure agree in when it comes
        when = np.rint((time[inside] + left[inside])[failing] / lives.span)
        for failure in np.unique(when):
            windows = failing[when == failure]
            reached = windows[raised[inside][windows]]
            found[place, 2] += 1
            found[place, 3] += len(reached) > 0
            found[place, 4] += left[inside][reached].max() if len(reached) else 0.0
    return found


def alarms(time: np.ndarray, raised: np.ndarray, horizon: float) -> np.ndarray:
    """int64: the windows of one unit, in the order of time, at which an alarm begins."""
    there, starts, after = np.flatnonzero(raised), [], 0
    while after < len(there):
        starts.append(there[after])
        after = np.searchsorted(time[there], time[there[after]] + horizon * (1 - 1e-9), side="left")
    return np.array(starts, dtype=np.int64)


@dataclass(frozen=True)
class Moments:
    """Of a threshold what costs follow from: sums over the units of (missed failures, false alarms, alarms, time), and
    the sums of their products, 4 x 4; units: how many."""

    sums: np.ndarray
    products: np.ndarray
    units: int

    @classmethod
    def of(cls, counts: np.ndarray) -> Moments:
        """counts: U x COUNTS"""
        alarm, false, failures, found, _, time = counts.T
        told = np.stack([failures - found, false, alarm, time], axis=1)
        return cls(told.sum(0), told.T @ told, len(told))

    def cost(self, costs: Costs, per: float) -> dict[str, float | None]:
        """{value, low, high}: what `per` units of a unit's time cost; the interval by the spread of the units
        (linearised quotient: Cochran 1977, Sampling Techniques, section 2.11)."""
        weights = np.array([costs.miss, costs.false_alarm, costs.inspection, 0.0])
        time = self.sums[3]
        rate = float(weights @ self.sums / time)
        if self.units < 2:
            return {"value": per * rate, "low": None, "high": None}
        weights[3] = -rate
        square = float(weights @ self.products @ weights) * self.units / (self.units - 1)
        error = 1.96 * np.sqrt(max(square, 0.0)) / time
        return {"value": per * rate, "low": per * max(0.0, rate - error), "high": per * (rate + error)}
