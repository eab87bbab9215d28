"""How many label subsets a study needs: a pilot on validation rows, the plan, and what it leaves undecided.

The pilot fits every arm on a few label subsets. From what its models say of the *validation* rows the spread of each
paired difference between a use of the pretrained encoder and a rival is estimated; the differences themselves are
taken out first, so that the plan cannot follow the result. Subsets are then added where a second of computing narrows
an interval most, until every interval is as narrow as was asked for or the minutes are spent. The plan is logged
before any test label is read.

A pilot of five subsets knows their term of the variance badly (backend/statistics/planning.py), so its upper 80 %
bound is planned with (Kieser & Wassmer 1996, Biometrical Journal 38:941).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
from scipy.special import gammaincinv

from ..engine.job import Job
from ..statistics.paired import RANDOM_SEEDS, crossed_mean
from ..statistics.planning import Spread, allot, shared
from ..targets import target
from ._study_design import Design, place
from ._study_store import CellStore, cell_key

BOUND = 0.8  # how surely the planned variance of the subsets is not too small


class Clock:
    """Seconds between two laps."""

    def __init__(self):
        self._last = time.monotonic()

    def lap(self) -> float:
        before, self._last = self._last, time.monotonic()
        return self._last - before


def spread(first: str, second: str, differences: np.ndarray, rows: int, single: float) -> Spread:
    """The spread of a pair. differences: S x P x V on validation rows; rows: test rows the study will have; single: as
    of crossed_mean."""
    y = differences - differences.mean()
    estimate = crossed_mean(y, single=single)
    (of_subset, a), of_seed, (of_example, c) = estimate.terms
    subsets = y.shape[0]
    bound = of_subset * subsets * a / float(2 * gammaincinv(a / 2, 1 - BOUND))
    fixed = ((of_example * y.shape[2] / rows, c),)
    return Spread(first, second, bound, (of_seed, *fixed) if y.shape[1] >= RANDOM_SEEDS else fixed)


def planned(job: Job, design: Design, store: CellStore) -> dict[str, int]:
    """{place: label subsets}, from the plan that was logged, which is made now where there is none."""
    event = job.events.seen("study.plan", "study")
    if event is None:
        body = plan(job, design, store)
        job.events.append("study.plan", body, key="study", durable=True)
        return body["subsets"]
    return event["body"]["subsets"]


def plan(job: Job, design: Design, store: CellStore) -> dict[str, Any]:
    """Body of `study.plan` (docs/events.md). Reads no test label and tells no result."""
    asked, begun = job.recipe.finetune, job.recipe.finetune.subset_seeds
    cost, taken = _costs(design, store)
    spreads = {f: _spreads(job, design, store, f) for f in design.fractions}
    every = [pair for pairs in spreads.values() for pair in pairs]
    left = max(0.0, asked.minutes * 60 - taken) if asked.minutes else np.inf
    counts, seconds, ended = allot(every, cost, begun, design.precision, left)
    counts = {place(*at): counts.get(place(*at), begun) for at in design.places}
    _, whole, reachable = allot(every, cost, begun, design.precision, np.inf)
    return {
        "precision": design.precision,
        "minutes": asked.minutes or None,
        "pilot": {"subsets": begun, "seconds": round(taken, 1), "validation_rows": len(design.val)},
        "subsets": counts,
        "seconds": round(seconds, 1),
        "ended_by": ended,
        "expected": [_expected(f, pairs, counts, design.precision) for f, pairs in spreads.items() if pairs],
        "would_take": round(taken + whole, 1) if reachable == "precision" else None,
        "spreads": [pair.told() for pair in every],
        "cost": cost,
    }


def _expected(fraction: float, pairs: list[Spread], counts: dict[str, int], precision: float) -> dict[str, Any]:
    """The widest interval that is expected at a fraction."""

    def width(pair: Spread) -> float:
        return pair.half_width(shared(pair, counts))

    widest = max(pairs, key=width)
    between = [widest.first.rsplit("/", 1)[0], widest.second.rsplit("/", 1)[0]]
    narrowest = min(map(width, pairs))
    return {
        "fraction": fraction,
        "half_width": width(widest),
        "narrowest": narrowest,
        "between": between,
        "reached": width(widest) <= precision,
    }


def _costs(design: Design, store: CellStore) -> tuple[dict[str, float], float]:
    """({place: seconds of one more label subset}, seconds that the pilot took)."""
    cost, taken = {}, 0.0
    for arm, method, fraction in design.places:
        cells, seeds = design.cells_of(arm, method, fraction), design.seeds(arm)
        spent = sum(store.get(cell_key(arm, method, cell, seed)).seconds for cell in cells for seed in seeds)
        cost[place(arm, method, fraction)] = spent / len(cells)
        taken += spent
    return cost, taken


def _spreads(job: Job, design: Design, store: CellStore, fraction: float) -> list[Spread]:
    """The spread of every pair of a use of the pretrained encoder and a rival, at a fraction."""
    kind, metric = target(design.target), job.recipe.finetune.metric
    truth, of_train = design.labels[design.val], design.labels[design.train]
    single = kind.least(metric, of_train[kind.known(of_train)])

    def contributions(arm: str, method: str) -> np.ndarray | None:
        grid = design.grid(arm, method, fraction)
        found = {key: kind.contributions(metric, truth, store.get(key).val) for row in grid for key in set(row)}
        if any(one is None for one in found.values()):
            return None
        return np.array([[found[key] for key in row] for row in grid])

    return pairs(design.arms, contributions, fraction, len(design.test), single)


def pairs(
    arms: Mapping[str, tuple[str, ...]],
    contributions: Callable[[str, str], np.ndarray | None],
    fraction: float,
    rows: int,
    single: float,
) -> list[Spread]:
    """contributions(arm, method): S x P x V on validation rows, None where the metric cannot be computed there."""
    known = {(arm, m): contributions(arm, m) for arm, methods in arms.items() for m in methods}
    there = [at for at, values in known.items() if values is not None]
    own, rivals = [at for at in there if at[0] == "ssl"], [at for at in there if at[0] != "ssl"]
    return [
        spread(place(*a, fraction), place(*b, fraction), known[a] - known[b], rows, single)
        for a, b in product(own, rivals)
    ]
