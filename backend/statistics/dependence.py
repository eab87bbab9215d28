"""How much less rows tell that belong together, such as the images of one patient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

CHUNK_NUMBERS = 8_000_000  # numbers held at once: 64 MB


def design_effect(
    cells: np.ndarray, units: np.ndarray, shape: tuple[int, int], values: Callable[[np.ndarray], np.ndarray]
) -> float:
    """Variance of a statistic over dependent rows, relative to independent rows; at least 1.

    cells: int (N,) flat position of each row in a table of `shape`; units: (N,) labels of what belongs together;
    values: counts (..., *shape) -> (...). Both variances are jackknives (Kish 1965, Survey Sampling, ch. 8.2), leaving
    out a unit or a row at a time; N / effect independent rows would tell as much. 1 where it cannot be computed.
    """
    size = shape[0] * shape[1]
    total = np.bincount(cells, minlength=size)
    _, unit = np.unique(units, return_inverse=True)
    count = int(unit.max(initial=-1)) + 1
    if count < 2 or count == len(cells):
        return 1.0
    without_row = values((total - np.eye(size, dtype=int)).clip(min=0).reshape(size, *shape))
    whole = values(total.reshape(shape))
    by_row = np.where(total > 0, total * np.square(without_row - whole), 0.0).sum()
    by_unit, chunk = 0.0, max(1, CHUNK_NUMBERS // size)
    for start in range(0, count, chunk):
        here = (unit >= start) & (unit < start + chunk)
        width = min(chunk, count - start)
        counts = np.bincount((unit[here] - start) * size + cells[here], minlength=width * size)
        without_unit = values(total.reshape(shape) - counts.reshape(width, *shape))
        by_unit += np.square(without_unit - whole).sum()
    effect = by_unit / by_row if by_row > 0 else 1.0
    return float(max(1.0, effect)) if np.isfinite(effect) else 1.0
