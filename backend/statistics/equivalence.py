"""Is a difference small enough not to matter? Two one-sided tests against a margin stated beforehand."""

from __future__ import annotations

from .paired import Estimate, tail


def tost(estimate: Estimate, margin: float) -> float | None:
    """p-value of "the true difference lies outside [-margin, margin]"; small p: equivalent within the margin.

    p <= 0.05 exactly when the 90 % interval lies inside the margin. Schuirmann (1987), Journal of Pharmacokinetics
    and Biopharmaceutics 15:657. None where the estimate has no error; margin in the unit of the estimate.
    Raises ValueError unless the margin is positive.
    """
    if not margin > 0:
        raise ValueError(f"margin: expected a number above 0, found {margin}")
    if estimate.error is None:
        return None
    above_lower = tail((estimate.value + margin) / estimate.error, estimate.terms)
    below_upper = tail((margin - estimate.value) / estimate.error, estimate.terms)
    return max(above_lower, below_upper)
