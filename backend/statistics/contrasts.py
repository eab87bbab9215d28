"""In which columns do some rows differ most from the others? Differences on one scale, with intervals and tests.

Numbers: the standardised mean difference, mean inside minus mean outside over the root of the mean of the two variances
(Cohen 1988; interval after Hedges & Olkin 1985, p. 86), tested by Welch's t. Categories: the value whose share differs
most, on the same scale (Austin 2009, Statistics in Medicine 28:3083): the difference of the shares over the root of the
mean of their two variances; its interval holds for all values of the column at once (Newcombe 1998, Bonferroni), and
the test is Pearson's chi-square of the whole column, values that are too rare for it taken together. A missing value is
a value. p is Holm-adjusted over all columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from .multiplicity import holm
from .proportions import newcombe, z_score

EXPECTED = 5  # rows of a value that chi-square must expect in either part
NO_VALUE = -1  # the code of a missing value


@dataclass(frozen=True)
class Contrast:
    """One column, inside against outside.

    place: the column; code: of a category the value that is spoken of (NO_VALUE: missing), None of a number; inside,
    outside: means, or shares of the value; difference: (inside - outside, low, high) in the column's unit or as a
    share; effect: the same, standardised; counts: rows (inside, outside) with a value; p, p_holm: None without a test.
    """

    place: int
    code: int | None
    inside: float
    outside: float
    difference: tuple[float, float, float]
    effect: tuple[float, float, float]
    counts: tuple[int, int]
    p: float | None
    p_holm: float | None = None


def contrasts(
    values: np.ndarray, category: Sequence[bool], inside: np.ndarray, units: np.ndarray | None = None
) -> list[Contrast]:
    """The columns that vary, the largest absolute effect first.

    values: float N x F, NaN where missing, of a category its codes from 0; inside: bool N, some and not all; units:
    what belongs together, N: intervals and tests are then widened by the design effect (Kish 1965). Where values of a
    number are missing, whether they are is a contrast of its own.
    """
    found: list[Contrast] = []
    for place in range(values.shape[1]):
        column = np.asarray(values[:, place], dtype=np.float64)
        if category[place]:
            codes = np.where(np.isnan(column), NO_VALUE, column).astype(np.int64)
            found += _of_category(place, codes, inside, units)
            continue
        found += _of_number(place, column, inside, units)
        gone = np.isnan(column)
        if gone.any() and not gone.all():
            found += _of_category(place, np.where(gone, NO_VALUE, 0), inside, units, only=NO_VALUE)
    adjusted = holm([one.p for one in found])
    told = [replace(one, p_holm=p) for one, p in zip(found, adjusted, strict=True)]
    return sorted(told, key=lambda one: -abs(one.effect[0]))


def _of_number(place: int, column: np.ndarray, inside: np.ndarray, units: np.ndarray | None) -> Iterator[Contrast]:
    known = ~np.isnan(column)
    a, b = column[known & inside], column[known & ~inside]
    if len(a) < 2 or len(b) < 2:
        return
    variances = a.var(ddof=1), b.var(ddof=1)
    size = np.sqrt(np.mean(variances))
    apart = float(a.mean() - b.mean())
    if size == 0:
        return  # two constants: nothing to compare them by
    wider = _design_effect(column[known], inside[known], None if units is None else units[known])
    effect = apart / size
    half = z_score(0.95) * np.sqrt(wider * (1 / len(a) + 1 / len(b) + effect**2 / (2 * (len(a) + len(b)))))
    error = np.sqrt(variances[0] / len(a) + variances[1] / len(b))
    freedom = error**4 / sum((v / len(x)) ** 2 / (len(x) - 1) for v, x in zip(variances, (a, b), strict=True))
    t = apart / (error * np.sqrt(wider))
    margin = float(stats.t.ppf(0.975, freedom) * error * np.sqrt(wider))
    yield Contrast(
        place, None, float(a.mean()), float(b.mean()), (apart, apart - margin, apart + margin),
        (float(effect), float(effect - half), float(effect + half)), (len(a), len(b)),
        float(2 * stats.t.sf(abs(t), freedom)),
    )  # fmt: skip


def _of_category(
    place: int, codes: np.ndarray, inside: np.ndarray, units: np.ndarray | None, only: int | None = None
) -> Iterator[Contrast]:
    present, of = np.unique(codes, return_inverse=True)
    if len(present) < 2:
        return
    counts = np.stack([np.bincount(of[which], minlength=len(present)) for which in (inside, ~inside)])
    total = counts.sum(axis=1)
    shares = counts / total[:, None]
    size = np.sqrt((shares * (1 - shares)).mean(axis=0))
    apart = shares[0] - shares[1]
    effects = np.divide(apart, size, out=np.zeros_like(apart), where=size > 0)
    # Of two values each differs as much as the other: the one that is more frequent inside is spoken of.
    largest = max(range(len(present)), key=lambda i: (round(abs(effects[i]), 9), apart[i]))
    chosen = largest if only is None else int(np.flatnonzero(present == only)[0])
    if size[chosen] == 0:
        # One part has nothing but this value and the other nothing of it: the pooled share takes the variance's place.
        pooled = counts[:, chosen].sum() / total.sum()
        size[chosen] = np.sqrt(pooled * (1 - pooled))
        if size[chosen] == 0:
            return
    mine = (of == chosen).astype(np.float64)
    wider = _design_effect(mine, inside, units)
    level = 1 - 0.05 / (1 if only is not None else len(present))
    told = newcombe(counts[0, chosen] / wider, total[0] / wider, counts[1, chosen] / wider, total[1] / wider, level)
    ends = (float(told.value), float(told.low), float(told.high))
    yield Contrast(
        place, int(present[chosen]), float(shares[0, chosen]), float(shares[1, chosen]), ends,
        tuple(end / float(size[chosen]) for end in ends), (int(total[0]), int(total[1])), _chi_square(counts, wider),
    )  # fmt: skip


def _chi_square(counts: np.ndarray, wider: float) -> float | None:
    """p of a 2 x K table, rare values taken together; None where too few rows are left to expect."""
    expected = counts.sum(axis=0) * (counts.sum(axis=1).min() / counts.sum())
    rare = expected < EXPECTED
    merged = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)]) if rare.any() else counts
    if rare.any() and merged[:, -1].sum() * (counts.sum(axis=1).min() / counts.sum()) < EXPECTED:
        merged = merged[:, :-1]
    if merged.shape[1] < 2 or (merged.sum(axis=1) == 0).any():
        return None
    statistic, _, freedom, _ = stats.chi2_contingency(merged, correction=False)
    return float(stats.chi2.sf(statistic / wider, freedom))


def _design_effect(column: np.ndarray, inside: np.ndarray, units: np.ndarray | None) -> float:
    """Variance of the difference of two means over rows that belong together, relative to independent ones; at least
    1."""
    if units is None:
        return 1.0
    part = np.empty(len(column))
    for which in (inside, ~inside):
        mine = column[which]
        part[which] = (mine - mine.mean()) / len(mine) if len(mine) else 0
    part[~inside] *= -1
    _, unit = np.unique(units, return_inverse=True)
    alone, together = np.square(part).sum(), np.square(np.bincount(unit, weights=part)).sum()
    return max(1.0, float(together / alone)) if alone > 0 else 1.0
