"""Several tests at once: Holm's step-down correction of p-values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Holm-adjusted p-values, in the order given; None (not computed) stays None and is not counted.

    Holds the family-wise error at the nominal level under any dependence of the tests: Holm (1979),
    Scandinavian Journal of Statistics 6:65.
    Raises ValueError for a p outside [0, 1].

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    known = [i for i, value in enumerate(p) if value is not None]
    values = np.array([p[i] for i in known], dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"p: expected values in [0, 1], found {list(p)}")
    order = np.argsort(values, kind="stable")
    scaled = values[order] * np.arange(len(values), 0, -1)
    adjusted: list[float | None] = [None] * len(p)
    for rank, value in zip(order, np.minimum(np.maximum.accumulate(scaled), 1.0), strict=True):
        adjusted[known[rank]] = float(value)
    return adjusted
