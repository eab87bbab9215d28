"""Events within a horizon, measured: probabilities of two classes, of which class 1 is the event.

Average precision and recall at an alarm rate are no means over examples: backend/statistics/alerts.py says what each
example contributes to them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...statistics.alerts import average_precision, recall_at
from ...workspace.layout import BadInput
from .. import _classes
from .._answer import Answer
from .._classes import columns, completed, known, least, likelihood, monotonous, scale, strata, truth, usable
from . import ALARMS, COLUMN, LACKING, METRICS, PRIMARY, UNKNOWN, VALUES, WEIGHTED

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "COLUMN",
    "LACKING",
    "METRICS",
    "PRIMARY",
    "UNKNOWN",
    "VALUES",
    "WEIGHTED",
    "columns",
    "completed",
    "conflicting",
    "constant",
    "contributions",
    "known",
    "least",
    "likelihood",
    "monotonous",
    "read",
    "scale",
    "score",
    "strata",
    "truth",
    "usable",
]
conflicting = strata


def read(column: Callable[[str, str], pd.Series], label: str, where: str, asked: Any) -> Answer:
    """The times of column `label` until the event, or whether it came (0 or 1, where nothing else is written there).

    column(name, role) reads one, asked: a data spec. A row is class 1 where the event came within the horizon, class 0
    where it did not; a row that was followed for less than the horizon without it has no label (censored). Raises
    BadInput for what is no number and for negative times.
    """
    from ...data.conventions.written import number, numbers

    times = numbers(column(label, "label"), where, "times until the event").to_numpy(np.float64)
    if len(bad := np.flatnonzero(np.isinf(times))):
        raise BadInput(f"{where}: expected finite times, found infinity in row {bad[0]}")
    if (times < 0).any():
        raise BadInput(f"{where}: expected times from 0 on, found {number(np.nanmin(times))}")
    there = np.isfinite(times)
    flags = set(np.unique(times[there])) <= {0.0, 1.0}
    seen = _observed(column, asked, len(times))
    codes = np.full(len(times), UNKNOWN, dtype=np.int64)
    if flags:
        codes[there] = times[there].astype(np.int64)
    else:
        within = there & (times <= asked.horizon)
        codes[there & (times > asked.horizon)] = 0
        codes[within & seen] = 1
    if len(np.unique(codes[codes >= 0])) < 2:
        raise BadInput(f"{where}: expected events within {number(asked.horizon)} and rows without one, found one kind")
    span = " ".join([number(asked.horizon), *([asked.unit] if asked.unit else [])])
    classes = [f"not within {span}", f"within {span}"]
    told = {"unit": asked.unit, "horizon": float(asked.horizon), "observed": asked.observed, "times": not flags}
    return Answer(codes, classes, classes[1], times, told)


def _observed(column: Callable[[str, str], pd.Series], asked: Any, count: int) -> np.ndarray:
    """bool N: whether the time of a row is that of its event; without such a column it is for every row."""
    from ...data.conventions.written import numbers

    if asked.observed is None:
        return np.ones(count, dtype=bool)
    found = numbers(column(asked.observed, "observed"), f"observed {asked.observed!r}", "0 or 1")
    found = found.to_numpy(np.float64)
    if len(stray := np.flatnonzero(~np.isin(found, (0.0, 1.0)) & np.isfinite(found))):
        raise BadInput(f"observed {asked.observed!r}: expected 0 or 1, found {found[stray[0]]:g} in row {stray[0]}")
    return found == 1


def score(truth: np.ndarray, outputs: np.ndarray) -> dict[str, float | None]:
    """All metrics. truth: int64 N of 0 and 1; outputs: N x 2 probabilities."""
    found = {name: contributions(name, truth, outputs) for name in METRICS}
    return {name: None if values is None else float(values.mean()) for name, values in found.items()}


def contributions(metric: str, truth: np.ndarray, outputs: np.ndarray) -> np.ndarray | None:
    """One number an example whose mean over the N examples is the metric; None where it cannot be computed.

    average_precision   mean over the events of the precision at their own score (ties count half)
    auroc               as of classes
    brier               squared difference of the event's probability and what came
    recall_at_alarms    share of the events among the 5 % of the rows with the highest probabilities

    truth: int64 N of 0 and 1; outputs: N x 2. None without an event or without a row that has none. Raises ValueError
    for an unknown metric, an empty split or NaN.
    """
    if metric == "auroc":
        return _classes.contributions(metric, truth, outputs)
    truth, outputs = np.asarray(truth), np.asarray(outputs, np.float64)
    if not len(truth) or len(truth) != len(outputs) or not np.isfinite(outputs).all():
        raise ValueError(f"{metric}: expected N > 0 labels and finite N x 2 probabilities, "
                         f"found {len(truth)} labels and shape {outputs.shape}")  # fmt: skip
    event, chance = truth == 1, outputs[:, 1]
    if metric == "brier":
        return np.square(chance - event)
    if metric not in ("average_precision", "recall_at_alarms"):
        raise ValueError(f"metric: expected one of {', '.join(METRICS)}, found {metric!r}")
    if event.all() or not event.any():
        return None
    return average_precision(event, chance) if metric == "average_precision" else recall_at(event, chance, ALARMS)


def constant(metric: str, train: np.ndarray, test: np.ndarray) -> float | None:
    """The metric of always answering the base rate of the training rows."""
    rate = float((train == 1).mean())
    values = contributions(metric, test, np.tile([1 - rate, rate], (len(test), 1)))
    return None if values is None else float(values.mean())
