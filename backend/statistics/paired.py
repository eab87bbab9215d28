"""Mean of a crossed design (label subset x pretraining seed x test example) with a 95 % interval.

Every cell of a label-fraction study is trained on one label subset and from one pretraining seed, and every
cell is scored on the same test examples. The cells are therefore crossed, not independent: two cells that
share a subset, a pretraining seed or the test examples err together. A t-interval over the S x P cells
ignores that and covers far too seldom (down to 40 % in tests/benchmarks/study_coverage.md). Here the
three factors are random effects of a crossed analysis of variance without replication:

    y[i, j, k] = mean + subset[i] + seed[j] + example[k] + all interactions

    var(mean) = (MS_subset + MS_seed + max(0, MS_example - MS_se - MS_pe + MS_spe)) / (S P N)

The two seed terms are added without subtracting their interaction, which would make the variance unbiased
but unstable (often negative) with the three to five levels that a study affords; left in, the
interval is right when a main effect dominates and conservative when only the interaction is there. The
example term has many degrees of freedom and takes the unbiased form. Degrees of freedom: Satterthwaite (1946),
Biometrics Bulletin 2:110. Crossed designs: Searle, Casella & McCulloch (1992), Variance Components, ch. 4;
why models must be compared over seeds and test examples together: Bouthillier et al. (2021), MLSys.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval; low, high, error, df and p are None where the design cannot give them.

    error: standard error; df: degrees of freedom; p: two-sided against a mean of 0; cells: S * P.
    """

    value: float
    low: float | None
    high: float | None
    error: float | None
    df: float | None
    p: float | None
    cells: int

    def as_interval(self) -> dict[str, float | None]:
        return {"value": self.value, "low": self.low, "high": self.high}


def crossed_mean(contributions: np.ndarray, level: float = 0.95) -> Estimate:
    """Mean over subsets, seeds and examples, with a `level` interval that respects their crossing.

    contributions: S x P x N, one number per label subset, pretraining seed and test example whose mean over
    examples is the cell's metric (or, subtracted between two arms, the cell's paired difference). A factor that
    an arm does not have is passed broadcast (its mean square is then 0, as it should be).
    With fewer than two subsets or seeds the spread cannot be told and only `value` is given.
    Raises ValueError when the array is not S x P x N or holds NaN.
    """
    y = np.asarray(contributions, dtype=np.float64)
    if y.ndim != 3 or 0 in y.shape or not np.isfinite(y).all():
        raise ValueError(f"contributions: expected finite S x P x N, found shape {y.shape}")
    subsets, seeds, examples = y.shape
    value, cells = float(y.mean()), subsets * seeds
    if subsets < 2 or seeds < 2 or examples < 2:
        return Estimate(value, None, None, None, None, None, cells)
    terms = np.array(_variance_terms(y))
    freedom = np.array([subsets - 1, seeds - 1, examples - 1])
    variance = terms.sum()
    df = float(variance**2 / (terms**2 / freedom).sum())
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf((1 + level) / 2, df)) * error
    p = float(2 * stats.t.sf(abs(value) / error, df))
    return Estimate(value, value - half, value + half, error, df, p, cells)


def _variance_terms(y: np.ndarray) -> tuple[float, float, float]:
    """Shares of var(mean) owed to subsets, seeds and examples; y: S x P x N, each axis at least 2 long."""
    subsets, seeds, examples = y.shape
    y = y - y.mean()
    by_subset, by_seed, by_example = y.mean((1, 2)), y.mean((0, 2)), y.mean((0, 1))
    subset_example = y.mean(1) - by_subset[:, None] - by_example
    seed_example = y.mean(0) - by_seed[:, None] - by_example
    subset_seed = y.mean(2) - by_subset[:, None] - by_seed
    rest = np.square(y - by_subset[:, None, None] - by_seed[:, None] - by_example).sum()
    rest -= seeds * np.square(subset_example).sum() + subsets * np.square(seed_example).sum()
    rest -= examples * np.square(subset_seed).sum()
    # Each term below is a mean square divided by S P N.
    a, b, c = subsets - 1, seeds - 1, examples - 1
    ms_subset = np.square(by_subset).sum() / a / subsets
    ms_seed = np.square(by_seed).sum() / b / seeds
    ms_example = np.square(by_example).sum() / c / examples
    ms_subset_example = np.square(subset_example).sum() / (a * c) / (subsets * examples)
    ms_seed_example = np.square(seed_example).sum() / (b * c) / (seeds * examples)
    ms_rest = max(rest, 0.0) / (a * b * c) / y.size
    example = ms_example - ms_subset_example - ms_seed_example + ms_rest
    # Two models that agree on every test example differ on a new one less often than never: the error is
    # at least that of one example counted the other way.
    return ms_subset, ms_seed, max(example, 1 / examples**2)


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
