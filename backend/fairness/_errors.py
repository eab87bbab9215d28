"""One model of a number, one attribute: every metric of every group with its interval, and the tests for gaps.

The body is that of a `fairness` event of classes (_audit.py), with values in the unit of the target. Every metric is a
function of sums over rows, so that resampling, exchanging and leaving out rows are sums as well. Intervals: jackknife
with Student's t (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 11), leaving out one row, or one person
whose rows belong together; of metrics that are never below 0 on the log scale, of standard deviations with Bonett's
(2006, Computational Statistics & Data Analysis 50:775) correction for small groups. Tests: permutation of the groups
between rows or persons, Holm over groups x metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from ..registry import Plugin, names, plugin
from ..statistics.bootstrap import CHUNK_NUMBERS, spread
from ..statistics.draws import at_once, times_drawn
from ..statistics.permutation import share_as_large
from ..statistics.proportions import Interval, difference, z_score
from ._audit import NO_GAP, PARITY, _adjust_versus_rest, notes
from ._reading import MIN_TRIALS, Settings
from ._tables import Groups
from .numbers._moments import of_errors

FOLDER = "fairness.numbers"


@dataclass(frozen=True)
class Errors:
    """One model on the rows of one split. truth, predicted: float (N,), finite, in the unit of the target."""

    truth: np.ndarray
    predicted: np.ndarray

    @property
    def sums(self) -> np.ndarray:
        """float64 (N, 4), what the metrics add up"""
        return of_errors(self.predicted - self.truth)


def metrics_of_numbers() -> list[Plugin]:
    """The registered metrics, by name."""
    return [plugin(FOLDER, name) for name in names(FOLDER)]


def evaluated(metric: Plugin, sums: np.ndarray) -> np.ndarray:
    """(..., 4) -> (...)"""
    return metric.call(sums, metric.params())


def audit_errors(
    errors: Errors,
    attribute: np.ndarray,
    settings: Settings,
    units: np.ndarray | None = None,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """The body of a `fairness` event but for arm and attribute; `adjust_gaps` completes it.

    attribute: strings (N,); units: labels (N,) of rows that belong together, or None; `tick` is called before each
    metric.
    """
    groups, sums = Groups.of(attribute, settings.min_group, units), errors.sums
    count = len(groups.names)
    sizes = np.bincount(groups.index, minlength=count)
    enough = groups.enough & (sizes >= MIN_TRIALS)
    at = np.flatnonzero(enough)
    body: dict[str, Any] = {"groups": [_head(groups, g, sizes) for g in range(count)], "overall": {}, "gaps": {}}
    totals = grouped(sums, groups.index, count)
    drawn = permuted(sums, groups, at, settings) if len(at) > 1 else None
    for metric in metrics_of_numbers():
        tick()
        each = [jackknife(metric, sums[groups.index == g], _of(units, groups.index == g)) for g in range(count)]
        body["overall"][metric.name] = jackknife(metric, sums, units).as_dict()
        rest: list[dict[str, Any] | None] = [None] * count
        gap = dict.fromkeys(NO_GAP)
        if drawn is not None:
            observed = statistics(metric, totals[at])
            p = share_as_large(observed, np.concatenate([statistics(metric, part) for part in drawn]))
            for k, g in enumerate(at):
                others = np.isin(groups.index, np.setdiff1d(at, g))
                apart = difference(each[g], jackknife(metric, sums[others], _of(units, others)))
                rest[g] = {**apart.as_dict(), "p": p[1 + k], "p_holm": None}
            gap = _gap(groups, each, at, p[0])
        body["gaps"][metric.name] = gap
        for g in range(count):
            body["groups"][g]["metrics"][metric.name] = {
                **each[g].as_dict(),
                "trials": int(sizes[g]),
                "enough": bool(enough[g]),
                "versus_rest": rest[g],
            }
    _adjust_versus_rest(body["groups"])
    return {**body, **dict.fromkeys(PARITY), "notes": notes(groups, settings)}


def jackknife(metric: Plugin, sums: np.ndarray, units: np.ndarray | None, level: float = 0.95) -> Interval:
    """A metric of rows (n, 4) with its interval; NaN where it cannot be computed."""
    owners = np.arange(len(sums)) if units is None else np.unique(units, return_inverse=True)[1]
    count = int(owners.max(initial=-1)) + 1
    value = evaluated(metric, sums.sum(0))
    if count < 2 or not np.isfinite(value):
        return Interval(value, np.float64(np.nan), np.float64(np.nan))
    without = evaluated(metric, sums.sum(0) - grouped(sums, owners, count))
    log = metric.params().positive_only and value > 0 and (without > 0).all()
    without, centre = (np.log(without), np.log(value)) if log else (without, value)
    error = np.sqrt((count - 1) / count * np.square(without - without.mean()).sum())
    half = stdtrit(count - 1, (1 + level) / 2) * error
    if log and metric.params().of_a_variance and count > 2:
        small = count / (count - z_score(level))
        centre, half = centre + np.log(small) / 2, small * half
    low, high = centre - half, centre + half
    return Interval(value, np.exp(low), np.exp(high)) if log else Interval(value, low, high)


def grouped(sums: np.ndarray, index: np.ndarray, count: int) -> np.ndarray:
    """(count, 4): the rows' sums (N, 4) added up by index (N,)."""
    return np.stack([np.bincount(index, sums[:, k], minlength=count) for k in range(sums.shape[1])], axis=1)


def permuted(sums: np.ndarray, groups: Groups, at: np.ndarray, settings: Settings) -> list[np.ndarray]:
    """Sums (draws, G', 4), in chunks, of the groups `at` after exchanging group labels between their rows; rows that
    belong together and stand in one group travel together."""
    kept = np.isin(groups.index, at)
    whose, rows = np.searchsorted(at, groups.index[kept]), sums[kept]
    if groups.units is not None:
        owner = np.unique(groups.units[kept], return_inverse=True)[1]
        _, first, unit = np.unique(np.stack([owner, whose]), axis=1, return_index=True, return_inverse=True)
        rows, whose = grouped(rows, unit, len(first)), whose[first]
    rng, found = np.random.default_rng(settings.seed), []
    chunk = max(1, CHUNK_NUMBERS // len(whose))
    for start in range(0, settings.permutations, chunk):
        draws = min(chunk, settings.permutations - start)
        exchanged = rng.permuted(np.broadcast_to(whose, (draws, len(whose))), axis=1)
        found.append(np.stack([(exchanged == g).astype(np.float64) @ rows for g in range(len(at))], axis=1))
    return found


def statistics(metric: Plugin, sums: np.ndarray) -> np.ndarray:
    """(..., 1 + G): largest minus smallest group, then |group - all others|, from sums (..., G, 4)."""
    values = evaluated(metric, sums)
    rest = evaluated(metric, sums.sum(-2, keepdims=True) - sums)
    return np.concatenate([spread(values)[..., None], np.abs(values - rest)], axis=-1)


def resampled(
    sums: np.ndarray, index: np.ndarray, units: np.ndarray, count: int, settings: Settings
) -> Iterator[np.ndarray]:
    """(b, M, count, 4), in chunks: bootstrap sums of M models over the same resampled units.

    sums: (M, N, 4); index: int (N,) group of each row, -1 to leave it out; units: (N,) labels of what is resampled.
    """
    models, unit = len(sums), np.unique(units, return_inverse=True)[1]
    read = np.unique(unit[index >= 0])
    # Units that no sum reads are one kind, the last.
    sizes = np.append(np.ones(len(read), np.int64), unit.max() + 1 - len(read))
    of_groups = []
    for g in range(count):
        here = index == g
        mine, owner = np.unique(unit[here], return_inverse=True)
        by_unit = np.concatenate([grouped(part[here], owner, len(mine)) for part in sums], axis=1)
        of_groups.append((np.searchsorted(read, mine), by_unit))
    rng = np.random.default_rng(settings.seed)
    chunk = at_once(sizes, models * count * 4)
    for start in range(0, settings.resamples, chunk):
        times = times_drawn(sizes, min(chunk, settings.resamples - start), rng).astype(np.float64)
        parts = [(times[:, mine] @ by_unit).reshape(len(times), models, 4) for mine, by_unit in of_groups]
        yield np.stack(parts, axis=2)


def _head(groups: Groups, g: int, sizes: np.ndarray) -> dict[str, Any]:
    return {"group": groups.names[g], "n": int(sizes[g]), "n_positive": None, "enough": bool(groups.enough[g]),
            "metrics": {}}  # fmt: skip


def _gap(groups: Groups, each: list[Interval], at: np.ndarray, p: float | None) -> dict[str, Any]:
    values = np.array([each[g].value for g in at])
    high, low = at[np.argmax(values)], at[np.argmin(values)]
    apart = difference(each[high], each[low])
    ends = {"max_min": float(apart.value), "value_low": float(apart.low), "value_high": float(apart.high)}
    return {**ends, "groups": [groups.names[high], groups.names[low]], "p": p, "p_holm": None}


def _of(units: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if units is None else units[rows]
