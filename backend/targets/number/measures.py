"""Numbers, measured.

Outputs are N x 4: the number, and its 0.1, 0.5 and 0.9 quantiles. A method gives the number alone (N x 1); the
quantiles are that number plus the quantiles of the errors on the validation rows, the same for every row (split
conformal prediction: Lei et al. 2018, JASA 113:1094), so that every arm has them by the same rule.

Metrics that are no mean over examples (RMSE, R2, rank correlation) are given as contributions by their influence
functions, so that the spread of the contributions is their sampling error (Hampel 1974, JASA 69:383).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...workspace.layout import BadInput
from .._answer import Answer
from . import COLUMN, LACKING, METRICS, PRIMARY, QUANTILES, UNKNOWN, VALUES, WEIGHTED  # noqa: F401 (read through this module)

if TYPE_CHECKING:
    import pandas as pd

BINS, IN_BIN = 5, 10  # strata at most, and rows in each at least


def read(column: Callable[[str, str], pd.Series], label: str, where: str, asked: Any) -> Answer:
    """The numbers of column `label`; column(name, role) reads one, asked: a data spec. Raises BadInput for what is no
    finite number and for a column that says the same of every row."""
    from ...data.conventions.written import numbers

    found = numbers(column(label, "label"), where, "numbers").to_numpy(np.float64)
    if len(bad := np.flatnonzero(np.isinf(found))):
        raise BadInput(f"{where}: expected finite numbers, found infinity in row {bad[0]}")
    there = known(found)
    if there.any() and (said := monotonous(found[there])):
        raise BadInput(f"{where}: {said.format(split='the column')}")
    none = np.full(len(found), -1, dtype=np.int64)
    told = {"unit": asked.unit}
    return Answer(none, [], None, found, told, strata(found), conflicting(found))


def truth(table: pd.DataFrame) -> np.ndarray:
    """float64 N, NaN where it is not known."""
    return table[COLUMN].to_numpy(np.float64)


def known(truth: np.ndarray) -> np.ndarray:
    return np.isfinite(truth)


def usable(manifest: dict[str, Any], truth: np.ndarray) -> bool:
    """Whether there are numbers at all."""
    return bool(known(truth).any())


def monotonous(truth: np.ndarray) -> str:
    same = len(np.unique(truth)) < 2
    return "expected different numbers in {split}, found the same in every row" if same else ""


def strata(truth: np.ndarray) -> np.ndarray:
    """Which of at most five bins of equally many rows a number lies in, int64, -1 where it is not known."""
    there = known(truth)
    bins = max(1, min(BINS, int(there.sum()) // IN_BIN))
    found = np.full(len(truth), -1, dtype=np.int64)
    if there.any():
        edges = np.unique(np.quantile(truth[there], np.arange(1, bins) / bins))
        found[there] = np.unique(np.searchsorted(edges, truth[there], side="left"), return_inverse=True)[1]
    return found


def conflicting(truth: np.ndarray) -> np.ndarray:
    """A code for each number, int64, -1 where it is not known."""
    there, found = known(truth), np.full(len(truth), -1, dtype=np.int64)
    found[there] = np.unique(truth[there], return_inverse=True)[1]
    return found


def score(truth: np.ndarray, outputs: np.ndarray) -> dict[str, float | None]:
    """All metrics. truth: float N; outputs: N x 4, or N x 1 (then pinball loss takes the number for every quantile)."""
    found = {name: contributions(name, truth, outputs) for name in METRICS}
    return {name: None if values is None else float(values.mean()) for name, values in found.items()}


def contributions(metric: str, truth: np.ndarray, outputs: np.ndarray) -> np.ndarray | None:
    """One number an example whose mean over the N examples is the metric; None where it cannot be computed.

    mae        the absolute error
    rmse       R + (e^2 - R^2) / 2R, with R the root of the mean squared error
    pinball    (t - [y < q]) (y - q), mean over the quantiles t (Koenker & Bassett 1978, Econometrica 46:33)
    r2         1 - A/B - (e^2 - A)/B + A (d^2 - B)/B^2, with d the distance from the mean, A = mean e^2, B = mean d^2
    spearman   correlation of the mid-ranks: what an example adds by its own ranks and by moving those of the others
               (Croux & Dehon 2010, Statistical Methods & Applications 19:497)

    truth: finite float N; outputs: N x 4 or N x 1. Raises ValueError for an unknown metric, an empty split or NaN.
    """
    truth, outputs = np.asarray(truth, np.float64), np.asarray(outputs, np.float64)
    if not len(truth) or len(truth) != len(outputs) or not (np.isfinite(outputs).all() and np.isfinite(truth).all()):
        raise ValueError(f"{metric}: expected N > 0 finite numbers and finite N x K outputs, found {len(truth)} "
                         f"numbers and shape {outputs.shape}")  # fmt: skip
    error = outputs[:, 0] - truth
    if metric == "mae":
        return np.abs(error)
    if metric == "pinball":
        return pinball(truth, outputs[:, 1:] if outputs.shape[1] > 1 else outputs).mean(axis=1)
    square = np.square(error)
    if metric == "rmse":
        root = np.sqrt(square.mean())
        return root + (square - root**2) / (2 * root) if root > 0 else np.zeros(len(truth))
    if metric not in ("r2", "spearman"):
        raise ValueError(f"metric: expected one of {', '.join(METRICS)}, found {metric!r}")
    spread = np.square(truth - truth.mean())
    if not spread.any():
        return None
    if metric == "r2":
        ratio = square.mean() / spread.mean()
        return 1 - ratio - (square - ratio * spread) / spread.mean()
    return _spearman(outputs[:, 0], truth)


def pinball(truth: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Loss N x Q of predicted quantiles N x Q at QUANTILES; of N x 1 that column is every quantile."""
    over = truth[:, None] - quantiles
    share = np.asarray(QUANTILES)
    return np.maximum(share * over, (share - 1) * over)


def likelihood(truth: np.ndarray, outputs: np.ndarray) -> float:
    """Less the mean squared error: the log likelihood of errors of one normal spread, up to a constant and a factor."""
    return -float(np.square(outputs[:, 0] - truth).mean())


def completed(val: np.ndarray, val_truth: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers N x 1 with their quantiles beside them, float32 N x 4."""
    errors = np.quantile(val_truth - val[:, 0], QUANTILES)
    return tuple(np.column_stack([told[:, 0], told[:, :1] + errors]).astype(np.float32) for told in (val, test))


def constant(metric: str, train: np.ndarray, test: np.ndarray) -> float | None:
    """The metric of always answering what suits it best on the training rows: their median (absolute error), their
    mean (squared errors) or their quantiles; None for rank correlation, which a constant has none of."""
    if metric == "spearman":
        return None
    point = np.median(train) if metric == "mae" else train.mean()
    answers = np.tile([point, *np.quantile(train, QUANTILES)], (len(test), 1))
    values = contributions(metric, test, answers)
    return None if values is None else float(values.mean())


def scale(metric: str, train: np.ndarray) -> float:
    """The standard deviation of the training rows for a metric in the target's unit, else 1."""
    return (float(train.std()) or 1.0) if METRICS[metric].unit == "target" else 1.0


def least(metric: str, train: np.ndarray) -> float:
    """Two models of a number are never quite alike, so this only keeps the error of a mean above 0."""
    return 0.01 * scale(metric, train)


def columns(outputs: np.ndarray) -> dict[str, np.ndarray]:
    """predicted, q_0.1, q_0.5, q_0.9"""
    return {"predicted": outputs[:, 0], **{f"q_{q:g}": outputs[:, 1 + k] for k, q in enumerate(QUANTILES)}}


def _spearman(x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """Contributions to the correlation of mid-ranks; None where one side never varies."""
    from scipy.stats import rankdata  # half a second's import, for whoever scores alone

    ranks = [(rankdata(v) - 0.5) / len(v) for v in (x, y)]
    if any(r.std() == 0 for r in ranks):
        return None
    u, v = ((r - r.mean()) / r.std() for r in ranks)
    rho = float((u * v).mean())
    values = u * v - rho * (np.square(u) + np.square(v)) / 2 + rho
    for own, weight, spread in ((x, v - rho * u, ranks[0].std()), (y, u - rho * v, ranks[1].std())):
        values = values + _moved(own, weight) / spread
    return values - values.mean() + rho


def _moved(own: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """What an example does to the mean of rank x weight by standing below others: mean over j of
    weight_j ([own_i < own_j] + half of ties), less its mean. own, weight: float N."""
    values, at = np.unique(own, return_inverse=True)
    total = np.bincount(at, weight, minlength=len(values))
    above = total[::-1].cumsum()[::-1] - total / 2
    moved = above[at] / len(own)
    return moved - moved.mean()
