"""Mean of a crossed design (label subset x pretraining seed x test example) with a 95 % interval.

Every cell of a label-fraction study is trained on one label subset and from one pretraining seed, and every cell is
scored on the same test examples. The cells are therefore crossed, not independent: two cells that share a subset, a
pretraining seed or the test examples err together. A t-interval over the S x P cells ignores that and covers far
too seldom (tests/benchmarks/study_coverage.md). Here the three factors are random effects of a crossed analysis
of variance without replication (Searle, Casella & McCulloch 1992, Variance Components, ch. 4):

    y[i, j, k] = mean + subset[i] + seed[j] + example[k] + all interactions
    a, b, ab   mean squares of subset, seed and their interaction, divided by S P N
    c          the examples' own share: (MS_example - MS_subset.example - MS_seed.example + MS_rest) / S P N
    var(mean)  max(a + b - ab, a, b) + c

a + b - ab is unbiased, but with three to five levels often too small, even negative; no variance of the mean is below
what a or b alone says. Each term has its own degrees of freedom (S - 1, P - 1, N - 1), and the quantile is
the mean of the terms' t-quantiles weighted by the terms (Cochran 1964, Biometrics 20:191), because the more
usual Satterthwaite approximation rejects up to 2.3 times too often in the tail that Holm's correction uses.

With fewer than three pretrainings their spread cannot be told from two numbers (t would be 12.7), so the interval
then speaks of these very pretrainings: they are averaged and only subsets and examples are random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, gammaln, stdtrit

RANDOM_SEEDS = 3  # pretrainings from which on the interval speaks of pretraining anew
SMALLEST_P = 1e-12
SERIES_WITHIN = 0.01  # of the middle, in units of t


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval; low, high, error and p are None where the design cannot give them.

    error: standard error; p: two-sided against a mean of 0; cells: S * P; seeds_random: whether the interval speaks
    of pretraining anew or of these pretrainings; terms: ((share of the variance, degrees of freedom), ...).
    """

    value: float
    low: float | None
    high: float | None
    error: float | None
    p: float | None
    cells: int
    seeds_random: bool
    terms: tuple[tuple[float, int], ...]

    def as_interval(self) -> dict[str, float | None]:
        return {"value": self.value, "low": self.low, "high": self.high}


def crossed_mean(contributions: np.ndarray, level: float = 0.95, single: float = 1.0) -> Estimate:
    """Mean over subsets, seeds and examples, with a `level` interval that respects their crossing.

    contributions: S x P x N, one number per label subset, pretraining seed and test example whose mean over
    examples is the cell's metric (or, subtracted between two arms, the cell's paired difference). An arm without
    pretraining seeds has P = 1. With one subset the spread cannot be told and only `value` is given.
    single: what one more example could add or take away; no error of the mean is below that of one example.
    Raises ValueError when the array is not S x P x N or holds NaN.
    """
    y = np.asarray(contributions, dtype=np.float64)
    if y.ndim != 3 or 0 in y.shape or not np.isfinite(y).all():
        raise ValueError(f"contributions: expected finite S x P x N, found shape {y.shape}")
    value, cells, seeds_random = float(y.mean()), y.shape[0] * y.shape[1], y.shape[1] >= RANDOM_SEEDS
    if y.shape[0] < 2 or y.shape[2] < 2:
        return Estimate(value, None, None, None, None, cells, seeds_random, ())
    if not seeds_random:
        y = y.mean(1, keepdims=True)
    return combined(value, components(y), y.shape, cells, seeds_random, level, single)


def combined(
    value: float,
    parts: np.ndarray,
    shape: tuple[int, int, int],
    cells: int,
    seeds_random: bool,
    level: float = 0.95,
    single: float = 1.0,
) -> Estimate:
    """The estimate of a mean from its `components`; shape: of what they were made of."""
    variance, terms = _variance(parts, shape, single)
    error = float(np.sqrt(variance))
    half = quantile((1 - level) / 2, terms) * error
    return Estimate(
        value,
        value - half,
        value + half,
        error,
        min(1.0, 2 * tail(abs(value) / error, terms)),
        cells,
        seeds_random,
        terms,
    )


def quantile(p: float, terms: tuple[tuple[float, int], ...]) -> float:
    """Upper p-quantile of mean / error: the terms' t-quantiles, weighted by their share of the variance."""
    return _quantile(p, 0.5 - p, terms)


def tail(statistic: float, terms: tuple[tuple[float, int], ...]) -> float:
    """One-sided p of `statistic` = mean / error: the p whose quantile it is, at least 1e-12.

    The root is sought in the log odds of p: they tell apart the smallest p as well as p and 0.5.
    """
    if statistic < 0:
        return 1 - tail(-statistic, terms)
    if statistic >= quantile(SMALLEST_P, terms):
        return SMALLEST_P
    lowest = float(np.log(SMALLEST_P / (1 - SMALLEST_P)))
    odds = brentq(lambda x: _quantile(*_places(x), terms) - statistic, lowest, 0.0, xtol=1e-17, maxiter=500)
    p, below = _places(odds)
    return p if below > 0.25 else 0.5 - below


def _places(odds: float) -> tuple[float, float]:
    """(p, 0.5 - p) at these log odds, each exact where it is small."""
    return float(expit(odds)), float(-np.tanh(odds / 2) / 2)


def _quantile(p: float, below: float, terms: tuple[tuple[float, int], ...]) -> float:
    """The upper p-quantile, where `below` = 0.5 - p is also given: near a half p itself no longer tells it."""
    weights, freedom = np.array(terms).T
    return float((weights * _student(p, below, freedom)).sum() / weights.sum())


def _student(p: float, below: float, freedom: np.ndarray) -> np.ndarray:
    """Upper p-quantiles of Student's t, one a number of degrees of freedom (float D).

    Near p = 0.5 `stdtrit` loses its digits (at one degree of freedom half of the value at 1e-8), so there the series
    about the middle (Shaw 2006, J. Comput. Finance 9(4):37) gives them; its first missing term is below 1e-16.
    """
    density = np.exp(gammaln((freedom + 1) / 2) - gammaln(freedom / 2)) / np.sqrt(freedom * np.pi)
    u, v = below / density, freedom
    cubic, fifth = (v + 1) / (6 * v), (7 * v**2 + 8 * v + 1) / (120 * v**2)
    seventh = (127 * v**3 + 135 * v**2 + 9 * v + 1) / (5040 * v**3)
    series = u * (1 + u**2 * (cubic + u**2 * (fifth + u**2 * seventh)))
    return np.where(np.abs(u) < SERIES_WITHIN, series, -stdtrit(freedom, p))


def components(y: np.ndarray) -> np.ndarray:
    """Float 4: what subsets, seeds, both together and examples add to var(mean), before any of them is bounded.

    y: S x P x N, S and N at least 2, P = 1 without seeds. Each is a quadratic form of y, so that those of a weighted
    sum of several y follow from those of the y and of their pairwise sums.
    """
    subsets, seeds, examples = y.shape
    y = y - y.mean()
    by_subset, by_seed, by_example = y.mean((1, 2)), y.mean((0, 2)), y.mean((0, 1))
    subset_example = y.mean(1) - by_subset[:, None] - by_example
    seed_example = y.mean(0) - by_seed[:, None] - by_example
    subset_seed = y.mean(2) - by_subset[:, None] - by_seed
    a, b, c = subsets - 1, max(seeds - 1, 1), examples - 1
    total = np.square(y - by_subset[:, None, None] - by_seed[:, None] - by_example).sum()
    for part, times in ((subset_example, seeds), (seed_example, subsets), (subset_seed, examples)):
        total -= times * np.square(part).sum()
    # Mean squares, each divided by S P N; those of the seeds are 0 where there is one.
    of_subset = np.square(by_subset).sum() / a / subsets
    of_seed = np.square(by_seed).sum() / b / seeds
    of_both = np.square(subset_seed).sum() / (a * b) / (subsets * seeds)
    of_example = np.square(by_example).sum() / c / examples
    of_example -= np.square(subset_example).sum() / (a * c) / (subsets * examples)
    of_example -= np.square(seed_example).sum() / (b * c) / (seeds * examples)
    of_example += max(total, 0.0) / (a * b * c) / y.size
    return np.array([of_subset, of_seed, of_both, of_example])


def _variance(
    parts: np.ndarray, shape: tuple[int, int, int], single: float
) -> tuple[float, tuple[tuple[float, int], ...]]:
    """(var(mean), its terms with their degrees of freedom); parts: as `components` gives them, of y of this shape."""
    subsets, seeds, examples = shape
    of_subset, of_seed, of_both, of_example = map(float, parts)
    # Two models that agree on every test example may still differ on a new one: the error is at least that of one
    # example counted the other way.
    of_example = max(of_example, (single / examples) ** 2)
    variance = max(of_subset + of_seed - of_both, of_subset, of_seed) + of_example
    return variance, ((of_subset, subsets - 1), (of_seed, max(seeds - 1, 1)), (of_example, examples - 1))


def collapse_groups(contributions: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """One contribution per group of dependent test rows (images of one person), with the same mean.

    contributions: ... x N; groups: N labels of any kind. Returns ... x G with G distinct groups: sums within a
    group, times G / N, so that the mean over groups equals the mean over examples.
    """
    groups = np.asarray(groups)
    order = np.argsort(groups, kind="stable")
    _, starts = np.unique(groups[order], return_index=True)
    sums = np.add.reduceat(np.asarray(contributions, dtype=np.float64)[..., order], starts, axis=-1)
    return sums * (len(starts) / len(groups))
