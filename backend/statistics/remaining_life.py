"""How far off a remaining life is: at the last reading of each unit, and over its whole life.

Errors are predicted less true. The score of the PHM 2008 challenge (Saxena et al. 2008) is e^(-d/13) - 1 of an error d
below 0 (too early) and e^(d/10) - 1 above: too late is worse. It is a sum over units at their last reading and grows
without bound, so the mean a window stands beside it.
"""

from __future__ import annotations

import numpy as np

from .unit_resampling import draws, interval, quotient, sums

EARLY, LATE = 13.0, 10.0
FIGURES = ("rmse", "mae", "bias", "score", "pinball")


def challenge(error: np.ndarray) -> np.ndarray:
    """The score of each error, 0 where there is none. error: predicted less true, in the unit of the life."""
    error = np.asarray(error, np.float64)
    return np.where(error < 0, np.expm1(-error / EARLY), np.expm1(error / LATE))


def figures(
    truth: np.ndarray, outputs: np.ndarray, unit: np.ndarray, cap: float | None, seed: int
) -> dict[str, dict[str, float | None]]:
    """{figure: {value, low, high}}: means over the windows, with intervals by resampling units.

    truth: float N; outputs: N x 4 (the number and its 0.1, 0.5 and 0.9 quantiles) or M x N x 4 of several models, whose
    errors are averaged; unit: N, of any values; cap: truth and predictions above it count as this.
    """
    from ..targets.number.measures import pinball

    outputs = outputs[None] if outputs.ndim == 2 else outputs
    most = np.inf if cap is None else cap
    truth, outputs = np.minimum(truth, most), np.minimum(outputs, most)
    error = outputs[:, :, 0] - truth
    lost = np.stack([pinball(truth, one[:, 1:]).mean(1) for one in outputs])
    each = np.stack([np.square(error), np.abs(error), error, challenge(error), lost], axis=-1).mean(0)
    _, code = np.unique(unit, return_inverse=True)
    count = int(code.max()) + 1
    told = sums(code, np.column_stack([each, np.ones(len(truth))]), count)
    drawn = draws(count, seed)
    return {name: interval(told, quotient(place, 5, root=name == "rmse"), drawn) for place, name in enumerate(FIGURES)}
