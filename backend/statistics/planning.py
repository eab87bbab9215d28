"""What a study of so many label subsets can see: the spread of paired differences, and where more subsets pay.

With S subsets, P pretrainings and N examples the variance of a mean difference has the terms that
backend/statistics/paired.py writes down: that of the subsets falls with 1 / S, that of the examples with 1 / N, and
that of the pretrainings stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from .paired import quantile
from .power import POWER

MOST = 50  # label subsets of a place


@dataclass(frozen=True)
class Spread:
    """Variance of a pair's mean difference at the pilot's size.

    first, second: places (ARM/METHOD/FRACTION); of_subset: upper bound of the subsets' term, times the pilot's
    subsets; fixed: the other terms, as (variance, degrees of freedom)
    """

    first: str
    second: str
    of_subset: float
    fixed: tuple[tuple[float, int], ...]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Spread:
        """From a record, where `told` made it."""
        fixed = tuple((float(variance), int(freedom)) for variance, freedom in told["fixed"])
        return cls(told["first"], told["second"], told["of_subset"], fixed)

    def told(self) -> dict[str, Any]:
        """As it stands in a record."""
        fixed = [list(term) for term in self.fixed]
        return {"first": self.first, "second": self.second, "of_subset": self.of_subset, "fixed": fixed}

    def half_width(self, subsets: int) -> float:
        """Of a 95 % interval with so many shared subsets, in the unit of the metric."""
        return _half_width(self.of_subset, self.fixed, subsets)

    def smallest(self, subsets: int) -> float:
        """The true difference that 8 in 10 studies with so many shared subsets find, in the unit of the metric."""
        return self.half_width(subsets) + POWER * _error(_terms(self.of_subset, self.fixed, subsets))


Terms = tuple[tuple[float, int], ...]


def _terms(of_subset: float, fixed: Terms, subsets: int) -> Terms:
    return ((of_subset / subsets, max(1, subsets - 1)), *fixed)


def _error(terms: Terms) -> float:
    return float(np.sqrt(sum(share for share, _ in terms)))


@lru_cache(maxsize=50_000)  # a plan asks for the same widths over and over
def _half_width(of_subset: float, fixed: Terms, subsets: int) -> float:
    terms = _terms(of_subset, fixed, subsets)
    error = _error(terms)
    return quantile(0.025, terms) * error if error > 0 else 0.0


def shared(pair: Spread, counts: Mapping[str, int]) -> int:
    """Label subsets on which both of a pair are fitted."""
    return min(counts[pair.first], counts[pair.second])


def allot(
    spreads: list[Spread], cost: Mapping[str, float], begun: int, precision: float, seconds: float
) -> tuple[dict[str, int], float, str]:
    """({place: label subsets}, seconds that the added ones take, why no more: "precision", "minutes" or "subsets").

    Step by step one subset is added to the pair whose interval narrows most for a second of computing. cost: seconds
    of one more subset at a place; begun: subsets of the pilot; seconds: what may be spent.
    """
    counts = {name: begun for pair in spreads for name in (pair.first, pair.second)}
    touched = {name: [at for at, pair in enumerate(spreads) if name in (pair.first, pair.second)] for name in counts}
    steps = [_step(pair, counts, cost, precision) for pair in spreads]
    spent = 0.0
    while True:
        within = [step for step in steps if step is not None and spent + step[1] <= seconds]
        if not within:
            break
        _, price, raised = max(within, key=lambda step: step[0])
        spent += price
        for name in raised:
            counts[name] += 1
        for at in {at for name in raised for at in touched[name]}:
            steps[at] = _step(spreads[at], counts, cost, precision)
    short = any(step is not None for step in steps)
    open_ = any(pair.half_width(shared(pair, counts)) > precision for pair in spreads)
    return counts, spent, "minutes" if short else "subsets" if open_ else "precision"


def _step(
    pair: Spread, counts: Mapping[str, int], cost: Mapping[str, float], precision: float
) -> tuple[float, float, list[str]] | None:
    """(what one more subset narrows the interval by for a second, its seconds, the places that get it); None where the
    interval is narrow enough, or no more subsets are allowed."""
    both = shared(pair, counts)
    width = pair.half_width(both)
    if width <= precision or both >= MOST:
        return None
    raised = [name for name in (pair.first, pair.second) if counts[name] == both]
    price = sum(cost[name] for name in raised)
    return (width - pair.half_width(both + 1)) / max(price, 1e-3), price, raised


MOST_ROWS = 100  # times the test rows: what takes more is out of reach


def would_decide(terms: Terms, difference: float, family: int = 1) -> dict[str, float | None] | None:
    """What a study would need so that 8 in 10 like it decide a true difference of this size.

    terms: of an `Estimate` of a crossed mean: of its subsets, seeds and examples; difference: in the unit of the
    metric; family: contrasts that are corrected together, of which the strictest level is taken (0.05 / family).
    {"subsets": label subsets, "rows": how many times the test rows}; rows is None where more than MOST_ROWS times
    as many would not do either, with MOST subsets. None without terms.
    """
    if len(terms) != 3:
        return None
    (of_subset, a), of_seed, (of_example, c) = terms

    def found(subsets: int, times: float) -> bool:
        examples = (of_example / times, round((c + 1) * times) - 1)
        parts = _terms(of_subset * (a + 1), (of_seed, examples), subsets)
        return (quantile(0.025 / family, parts) + POWER) * _error(parts) <= abs(difference)

    begun = min(a + 1, MOST)
    enough = next((subsets for subsets in range(begun, MOST + 1) if found(subsets, 1)), None)
    if enough is not None:
        return {"subsets": enough, "rows": 1.0}
    if not found(MOST, MOST_ROWS):
        return {"subsets": MOST, "rows": None}
    low, high = 1.0, float(MOST_ROWS)
    while high / low > 1.01:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if found(MOST, middle) else (middle, high)
    return {"subsets": MOST, "rows": high}


@dataclass(frozen=True)
class Foreseen:
    """What a study should be able to see.

    smallest: {fraction: true difference that 8 in 10 such studies find, of the pair that varies most, in the unit of
    the metric}; subsets: (fewest, most) of a place; seconds: of all its models; ended_by: as of `allot`, "" where
    subsets are counted by hand; would_take: seconds of all models with which every interval is as narrow as wanted,
    None where no number of subsets makes it so or none is wanted
    """

    smallest: dict[float, float]
    subsets: tuple[int, int]
    seconds: float
    pilot_seconds: float
    ended_by: str
    would_take: float | None


def foresee(
    spreads: list[Spread], cost: Mapping[str, float], begun: int, precision: float = 0.0, minutes: float = 0.0
) -> Foreseen:
    """What a study of these pairs should see, from the spread that a pilot on the same data found.

    cost: seconds of one label subset, of every place that is fitted; begun: subsets of its pilot, or of the study
    where precision is 0; precision: half-width wanted, in the unit of the metric; minutes: of all models, 0: no limit.
    """
    pilot = sum(cost.values()) * begun
    counts = {name: begun for pair in spreads for name in (pair.first, pair.second)}
    added, ended, would_take = 0.0, "", None
    if precision:
        left = max(0.0, minutes * 60 - pilot) if minutes else np.inf
        counts, added, ended = allot(spreads, cost, begun, precision, left)
        whole, reachable = added, ended
        if ended == "minutes":
            _, whole, reachable = allot(spreads, cost, begun, precision, np.inf)
        would_take = pilot + whole if reachable == "precision" else None
    smallest: dict[float, float] = {}
    for pair in spreads:
        fraction = float(pair.first.rsplit("/", 1)[1])
        smallest[fraction] = max(smallest.get(fraction, 0.0), pair.smallest(shared(pair, counts)))
    subsets = (min(counts.values()), max(counts.values()))
    return Foreseen(dict(sorted(smallest.items())), subsets, pilot + added, pilot, ended, would_take)
