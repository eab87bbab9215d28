"""From the models' scores to what their decisions are worth: pure numbers, no side effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..statistics import alerts
from ..statistics.costs import OUTCOMES, Costs, Spread, outcomes
from ..statistics.paired import Estimate, collapse_groups, crossed_mean
from ._decide_models import Fleet

WIDEST = np.log(1000)  # half width of the log of a ratio that is still told
ROWS = 1000  # costs and alerts are told a thousand rows
# measure: whether more of it is better
MEASURES = {
    "recall": True,  # at the alert budget
    "precision": True,  # at the alert budget
    "false_alarms": False,  # a thousand rows, where each model finds the stated share of the events
    "average_precision": True,
    "cost": False,  # a thousand rows, at the threshold that validation gave
}
BUDGETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
ODDS = np.linspace(-6.0, 6.0, 49)  # log odds of the thresholds that are logged for other costs


@dataclass(frozen=True)
class Asked:
    """What decisions are measured by, stated beforehand: costs, alert budget (share of the rows), detection (share of
    the events that every model has to find where false alarms are compared)."""

    costs: Costs
    budget: float
    detection: float

    @property
    def budgets(self) -> list[float]:
        return sorted({*BUDGETS, self.budget})

    @property
    def thresholds(self) -> list[float]:
        own = [self.costs.threshold] if 0 < self.costs.threshold < 1 else []
        return sorted({*(1 / (1 + np.exp(-ODDS))).tolist(), *own})


class Scored:
    """One fleet beside the truth of the test rows. event: bool N; groups: N labels of rows that depend on each other,
    None where there are none. What several comparisons need is made once."""

    def __init__(self, fleet: Fleet, event: np.ndarray, groups: np.ndarray | None, asked: Asked):
        self.fleet, self.event, self.groups, self.asked = fleet, event, groups, asked
        self.share = float(event.mean())
        self._made: dict[tuple[str, float], np.ndarray] = {}

    def measure(self, name: str, at: float | None = None) -> np.ndarray:
        """Contributions to one of MEASURES, S x P x N (or groups); `at`: another budget than the stated one."""
        asked = self.asked
        if name == "recall":
            return self._each(name, at or asked.budget, alerts.recall_at)
        if name == "precision":
            return self._each(name, at or asked.budget, alerts.precision_at)
        if name == "false_alarms":
            return ROWS * self._each(name, asked.detection, alerts.false_alarms_at)
        if name == "average_precision":
            return self._each(name, 0.0, lambda event, score, _: alerts.average_precision(event, score))
        return ROWS * asked.costs.of(self.at_threshold(asked.costs.threshold))

    def single(self, name: str) -> float:
        """What one more test row could add to a measure."""
        most = {"recall": 1 / self.share, "precision": 1 / self.asked.budget, "false_alarms": ROWS}
        most |= {"average_precision": 1 / self.share, "cost": ROWS * self.asked.costs.most}
        return most[name]

    def at_threshold(self, threshold: float) -> np.ndarray:
        """OUTCOMES x S x P x N where rows of at least this calibrated probability raise an alert."""
        return self._collapsed(outcomes(self.event, self.fleet.right >= threshold))

    def at_budget_of_validation(self) -> np.ndarray:
        """The same where the threshold is the one that filled the budget on validation."""
        return self._collapsed(outcomes(self.event, self.fleet.raw >= self.fleet.alert[..., None]))

    def _each(self, name: str, at: float, of: Callable[..., np.ndarray]) -> np.ndarray:
        key = name, at
        if key not in self._made:
            raw = self.fleet.raw
            flat = [of(self.event, score, at) for score in raw.reshape(-1, raw.shape[-1])]
            self._made[key] = self._collapsed(np.reshape(flat, raw.shape))
        return self._made[key]

    def _collapsed(self, y: np.ndarray) -> np.ndarray:
        return y if self.groups is None else collapse_groups(y, self.groups)


def interval(estimate: Estimate, low: float | None = None, high: float | None = None) -> dict[str, float | None]:
    """The estimate, its ends cut to what can be."""
    told = estimate.as_interval()
    if told["low"] is not None:
        told["low"] = told["low"] if low is None else max(low, told["low"])
        told["high"] = told["high"] if high is None else min(high, told["high"])
    return told


def measured(scored: Scored) -> dict[str, Any]:
    """{measure: estimate} of one fleet."""
    found = {}
    for name in MEASURES:
        estimate = crossed_mean(scored.measure(name), single=scored.single(name))
        share = name in ("recall", "precision", "average_precision")
        found[name] = interval(estimate, 0.0, 1.0 if share else None)
    return found


def policy(scored: Scored, cells: np.ndarray, threshold: dict[str, float]) -> dict[str, Any]:
    """What a threshold of validation comes to on test. cells: OUTCOMES x S x P x N; each figure with its interval,
    counts and cost a thousand rows."""
    missed, false_alarms, detected = cells
    raised, share = false_alarms + detected, scored.share
    found = {name: ROWS * one for name, one in zip(OUTCOMES, cells, strict=True)}
    told: dict[str, Any] = {name: interval(crossed_mean(y, single=ROWS), 0.0, float(ROWS)) for name, y in found.items()}
    told["alerts"] = interval(crossed_mean(raised), 0.0, 1.0)
    recall = detected.mean() / share
    told["recall"] = interval(
        crossed_mean(recall + (detected - recall * (detected + missed)) / share, single=1 / share), 0.0, 1.0
    )
    told["precision"] = None
    if alerts_share := float(raised.mean()):
        precision = detected.mean() / alerts_share
        y = precision + (detected - precision * raised) / alerts_share
        told["precision"] = interval(crossed_mean(y, single=1 / alerts_share), 0.0, 1.0)
    costs = scored.asked.costs
    told["cost"] = interval(crossed_mean(ROWS * costs.of(cells), single=ROWS * costs.most), 0.0)
    return {"threshold": threshold, **told}


def contrast(ours: Scored, theirs: Scored) -> dict[str, dict[str, Any]]:
    """{measure: difference, relative change, p}: ours less theirs, paired."""
    found = {}
    for name in MEASURES:
        a, b = shared(ours.measure(name), theirs.measure(name))
        single = ours.single(name)
        estimate = crossed_mean(a - b, single=single)
        found[name] = {
            "difference": estimate.as_interval(),
            "error": estimate.error,
            "p": estimate.p,
            "relative": relative(a, b, single),
        }
    return found


def shared(first: np.ndarray, second: np.ndarray, axis: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Both on the label subsets that both have: those of the arm with fewer. axis: of the subsets."""
    fewer = np.arange(min(first.shape[axis], second.shape[axis]))
    return first.take(fewer, axis), second.take(fewer, axis)


def relative(a: np.ndarray, b: np.ndarray, single: float = 1.0) -> dict[str, float] | None:
    """mean(a) / mean(b) - 1 with its interval, by the spread of the log of the ratio; None where b's own interval does
    not exclude 0, so that the base of a percentage is not known, where there is no interval, or one of a factor of more
    than a thousand.

    a, b: S x P x N contributions to two means that are never negative."""
    base = crossed_mean(b, single=single)
    of, by = float(a.mean()), base.value
    if base.low is None or base.low <= 0 or of <= 0:
        return None
    log = crossed_mean(a / of - b / by, single=single / by)
    half, ratio = log.high - log.value, of / by
    if half > WIDEST:
        return None
    return {"value": ratio - 1, "low": float(ratio * np.exp(-half) - 1), "high": float(ratio * np.exp(half) - 1)}


def budget_rows(scored: Scored, against: Scored | None) -> Iterator[dict[str, Any]]:
    """Rows of the table `decide/budgets`: what inspecting other shares of the rows comes to; against: less that arm."""
    for at in scored.asked.budgets:
        for name in ("recall", "precision"):
            y = scored.measure(name, at)
            y = y if against is None else np.subtract(*shared(y, against.measure(name, at)))
            single = scored.single(name) if name == "recall" else 1 / at
            estimate = crossed_mean(y, single=single)
            told = interval(estimate, 0.0, 1.0) if against is None else estimate.as_interval()
            yield {**_whose(scored, against), "budget": at, "measure": name, **told}


def threshold_rows(scored: Scored, against: Scored | None) -> Iterator[dict[str, Any]]:
    """Rows of the table `decide/thresholds`: the means of OUTCOMES at a calibrated probability and what their interval
    at any costs follows from (backend/statistics/costs.py: Spread); against: less that arm."""
    for at in scored.asked.thresholds:
        cells = scored.at_threshold(at)
        cells = cells if against is None else np.subtract(*shared(cells, against.at_threshold(at), axis=1))
        yield {**_whose(scored, against), "threshold": at, **Spread.of(cells).columns()}


def _whose(scored: Scored, against: Scored | None) -> dict[str, Any]:
    return {"fraction": scored.fleet.fraction, "arm": scored.fleet.arm, "against": against.fleet.arm if against else ""}
