"""How well one column alone predicts an answer: cross-validated, with an interval, from counts.

A column is cut into bins (`bins`), and a row is scored by the answer's mean in its bin among the rows of the other
folds. So a column of many values gains nothing from values that stand there once, and any shape of dependence is seen.

auroc      of one class against the rest. Each fold has an AUROC of its own with DeLong's variance; their mean has an
           interval on the logit scale. Pooling the folds' scores would punish columns that say nothing.
r_squared  1 - squared error / squared distance from the mean of the other folds, which is 0 for a column that says
           nothing and may be below; its interval by the delta method for a ratio of means.

Folds share most of what they learnt from, so their mean varies more than independent folds' would: both variances are
multiplied by 1 + folds / (folds - 1), Nadeau & Bengio (2003), Machine Learning 52:239.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from .proportions import Interval, delong_variance, ratio, wilson, z_score

FOLDS = 5
BINS = 32
MOST_VALUES = 200  # values of a category that have a bin of their own
PRIOR, PRIOR_NUMBERS = 5.0, 1.0  # rows of the mean that each bin is mixed with
FEW = 5  # of a class in a fold
SHARED = 1 + FOLDS / (FOLDS - 1)  # variance of the folds' mean, relative to independent folds


def bins(values: pd.Series, most: int | None = None) -> np.ndarray:
    """int64 N: the bin of each value. Numbers: at most `most` quantiles, by default half the root of N and at most
    `BINS`, a frequent number alone; dates as numbers; anything else: the most frequent values, the others together.
    Missing values have a bin of their own, the last one."""
    known = values.notna().to_numpy()
    out = np.zeros(len(values), dtype=np.int64)
    if not known.any():
        return out
    if pd.api.types.is_datetime64_any_dtype(values):
        numbers = values[known].astype("int64").to_numpy().astype(np.float64)
    elif pd.api.types.is_numeric_dtype(values):
        numbers = values[known].to_numpy(dtype=np.float64)
    else:
        codes, names = pd.factorize(values[known], use_na_sentinel=False)
        counts = np.bincount(codes, minlength=len(names))
        rank = np.empty(len(names), dtype=np.int64)
        rank[np.argsort(-counts, kind="stable")] = np.arange(len(names))
        out[known] = np.minimum(rank[codes], MOST_VALUES)
        out[~known] = out[known].max() + 1
        return out
    most = most or min(BINS, max(5, int(np.sqrt(len(numbers)) / 2)))
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, most + 1), method="nearest"))
    at = np.searchsorted(edges, numbers, side="right") * 2
    at[np.isin(numbers, edges)] -= 1  # a number that is an edge is apart from those behind it
    out[known] = at
    out[~known] = at.max() + 1
    return out


def fine_bins(values: pd.Series) -> np.ndarray:
    """As `bins`, for an answer that is a number: quantiles of 20 rows, at most 100 of them."""
    return bins(values, min(100, max(5, int(values.notna().sum()) // 20)))


def folds(count: int, seed: int = 0, unit: np.ndarray | None = None) -> np.ndarray:
    """int64 N: the fold of each row, drawn; rows of one unit share theirs."""
    rng = np.random.default_rng(seed)
    if unit is None:
        return rng.permutation(np.arange(count) % FOLDS)
    codes, names = pd.factorize(unit, use_na_sentinel=False)
    return rng.permutation(np.arange(len(names)) % FOLDS)[codes]


def auroc(bin_of: np.ndarray, positive: np.ndarray, fold: np.ndarray, level: float = 0.95) -> Interval:
    """Of the score "share of positives in the bin among the other folds". bin_of: int N; positive: bool N.

    NaN where a class has fewer than `FEW` rows in most folds.
    """
    count = int(bin_of.max(initial=0)) + 1
    cell = (fold * count + bin_of) * 2 + positive
    table = np.bincount(cell, minlength=FOLDS * count * 2).reshape(FOLDS, count, 2).astype(np.float64)
    others = table.sum(0) - table
    share = others[:, :, 1].sum(1) / np.maximum(others.sum((1, 2)), 1)
    scores = (others[:, :, 1] + PRIOR * share[:, None]) / (others.sum(2) + PRIOR)
    return of_folds([_ranked(scores[k], table[k]) for k in range(FOLDS)], level)


def scored(score: np.ndarray, positive: np.ndarray, fold: np.ndarray, level: float = 0.95) -> Interval:
    """The same of any score that was made for each row by a model of the other folds; float N."""
    tables = []
    for k in range(FOLDS):
        values, at = np.unique(score[fold == k], return_inverse=True)
        counts = np.bincount(at * 2 + positive[fold == k], minlength=2 * len(values)).reshape(-1, 2)
        tables.append(counts.T.astype(np.float64))
    return of_folds(tables, level)


def _ranked(scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(2, V) counts of negatives and positives by ascending score; bins of one score are tied."""
    values, at = np.unique(scores, return_inverse=True)
    return np.stack([np.bincount(at, counts[:, c], len(values)) for c in (0, 1)])


def of_folds(tables: Sequence[np.ndarray], level: float = 0.95) -> Interval:
    """Mean AUROC of the folds, each with a class of at least `FEW` rows; a table: (2, V) as `proportions.auroc`."""
    tables = [table for table in tables if table.sum(1).min() >= FEW]
    if 2 * len(tables) < FOLDS:
        return Interval(*(np.float64("nan"),) * 3)
    values, variances, fewest = [], [], 0.0
    for table in tables:
        negatives, positives = table
        below = np.cumsum(negatives) - negatives / 2
        values.append(float((positives * below).sum() / (negatives.sum() * positives.sum())))
        variances.append(float(delong_variance(table)))
        fewest += min(negatives.sum(), positives.sum())
    value = float(np.mean(values))
    if value <= 0 or value >= 1:
        return wilson(value * fewest / SHARED, fewest / SHARED, level)
    half = z_score(level) * np.sqrt(SHARED * sum(variances)) / len(tables) / (value * (1 - value))
    return Interval(np.float64(value), expit(logit(value) - half), expit(logit(value) + half))


def mean_auroc(bin_of: np.ndarray, codes: np.ndarray, classes: int, fold: np.ndarray, positive: int | None = None):
    """Interval of the AUROC of codes 0 .. classes - 1: of two classes theirs, else each class against the rest,
    weighted by its rows; the interval's ends likewise, which is on the wide side."""
    if classes == 2:
        return auroc(bin_of, codes == (1 if positive is None else positive), fold)
    found, weights = [], []
    for c in range(classes):
        one = auroc(bin_of, codes == c, fold)
        if np.isfinite(one.value):
            found.append(one)
            weights.append((codes == c).sum())
    if not found:
        return Interval(*(np.float64("nan"),) * 3)
    return Interval(*(np.average([getattr(one, end) for one in found], weights=weights) for end in Interval._fields))


def r_squared(bin_of: np.ndarray, numbers: np.ndarray, fold: np.ndarray, level: float = 0.95) -> Interval:
    """Of the guess "mean of the bin among the other folds". numbers: float64 N, all known."""
    count = int(bin_of.max(initial=0)) + 1
    cell = fold * count + bin_of
    rows = np.bincount(cell, minlength=FOLDS * count).reshape(FOLDS, count).astype(np.float64)
    sums = np.bincount(cell, numbers, FOLDS * count).reshape(FOLDS, count)
    rows, sums = rows.sum(0) - rows, sums.sum(0) - sums
    mean = sums.sum(1) / np.maximum(rows.sum(1), 1)
    guess = (sums + PRIOR_NUMBERS * mean[:, None]) / (rows + PRIOR_NUMBERS)
    return explained(numbers, guess.reshape(-1)[cell], mean[fold], level)


def explained(numbers: np.ndarray, guess: np.ndarray, mean: np.ndarray, level: float = 0.95) -> Interval:
    """1 - mean squared error of `guess` / that of `mean`, both made without the row: float64 N each."""
    error, spread = np.square(numbers - guess), np.square(numbers - mean)
    if len(numbers) < 2 * FEW or spread.mean() <= 0:
        return Interval(*(np.float64("nan"),) * 3)
    left = error.mean() / spread.mean()
    influence = (error - left * spread) / spread.mean()
    half = z_score(level) * influence.std() * np.sqrt(SHARED / len(numbers))
    return Interval(np.float64(1 - left), 1 - left - half, min(1.0, 1 - left + half))


def known_shares(known: np.ndarray, inside: np.ndarray) -> tuple[Interval, Interval]:
    """Shares of known values inside and outside, by Wilson. known, inside: bool N."""
    return wilson(known[inside].sum(), inside.sum()), wilson(known[~inside].sum(), (~inside).sum())


def risk_ratio(hits_a: int, trials_a: int, hits_b: int, trials_b: int, level: float = 0.95) -> Interval:
    """hits_a / trials_a over hits_b / trials_b with half a row added to each: Katz et al. (1978), Biometrics 34:469."""
    a, b = (hits_a + 0.5) / (trials_a + 0.5), (hits_b + 0.5) / (trials_b + 0.5)
    error = np.sqrt(1 / (hits_a + 0.5) - 1 / (trials_a + 0.5) + 1 / (hits_b + 0.5) - 1 / (trials_b + 0.5))
    value, half = ratio(a, b), z_score(level) * error
    return Interval(value, value * np.exp(-half), value * np.exp(half))
