"""Is a difference small enough not to matter? Two one-sided tests against a margin stated beforehand."""

from __future__ import annotations

from scipy import stats


def tost(value: float, error: float, df: float, margin: float) -> float:
    """p-value of "the true difference lies outside [-margin, margin]"; small p: equivalent within the margin.

    value: estimated difference; error: its standard error; df: its degrees of freedom; margin > 0 in the same unit.
    p <= 0.05 exactly when the 90 % interval lies inside the margin. Schuirmann (1987), Journal of
    Pharmacokinetics and Biopharmaceutics 15:657.
    Raises ValueError unless error and margin are positive.
    """
    if not error > 0 or not margin > 0:
        raise ValueError(f"tost: expected error and margin above 0, found {error} and {margin}")
    above_lower = stats.t.sf((value + margin) / error, df)
    below_upper = stats.t.sf((margin - value) / error, df)
    return float(max(above_lower, below_upper))
