"""What every group metric returns, and the two ways to read a class-by-class table."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from ..registry import Strict
from ..statistics.proportions import Interval, auroc, ratio, wilson


class Metric(Strict):
    """Base of the metrics' Params; see the folder's docstring for `reads` and `given`."""

    reads: ClassVar[Literal["predictions", "scores"]] = "predictions"
    given: ClassVar[Literal["nothing", "label", "prediction"]] = "nothing"


class ByClass(Metric):
    positive: int | None = Field(
        1, ge=0, description="The class whose rate is meant, against all others; empty: the mean over the classes"
    )


class Rates(NamedTuple):
    """hits out of trials: float64 (..., C), C classes to average."""

    hits: np.ndarray
    trials: np.ndarray

    @property
    def values(self) -> np.ndarray:
        """(...): the mean over the classes that have trials; NaN where none has."""
        rates = ratio(self.hits, self.trials)
        there = self.trials > 0
        return ratio(np.where(there, rates, 0.0).sum(-1), there.sum(-1))


def chosen(per_class: np.ndarray, positive: int | None) -> np.ndarray:
    """(..., 1) of the positive class, or all of (..., K)."""
    return per_class if positive is None else per_class[..., positive : positive + 1]


def correct(counts: np.ndarray) -> np.ndarray:
    """(..., K): rows of each class predicted as that class."""
    return np.diagonal(counts, axis1=-2, axis2=-1)


def true_rows(counts: np.ndarray) -> np.ndarray:
    """(..., K): rows of each true class."""
    return counts.sum(-1)


def predicted_rows(counts: np.ndarray) -> np.ndarray:
    """(..., K): rows predicted as each class."""
    return counts.sum(-2)


def closed_form(counts: np.ndarray, rates: Rates, params: Metric, effect: np.ndarray) -> Interval | None:
    """The score interval of each group, or None where a mean over classes has none (it is bootstrapped then).

    effect: (G,), how many dependent rows tell as much as one independent row.
    """
    if params.reads == "scores":
        return auroc(counts, effect)
    if rates.trials.shape[-1] == 1:
        return wilson(rates.hits[..., 0] / effect, rates.trials[..., 0] / effect)
    return None


def support(counts: np.ndarray, rates: Rates, params: Metric) -> np.ndarray:
    """(...): how many rows a rate rests on; the fewest where several classes are averaged or compared."""
    return counts.sum(-1).min(-1) if params.reads == "scores" else rates.trials.min(-1)
