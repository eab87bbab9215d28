"""From rows to counts: the only place where the audit touches single predictions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._rates import Metric

LEVELS = 64  # score levels where a test repeats a count thousands of times; values and intervals use every score
MISSING = "missing"


@dataclass(frozen=True)
class Predictions:
    """One model on the rows of one split.

    label, predicted: int (N,), 0 .. classes-1; score: float (N,), the positive class's probability, or None;
    positive: the class that counts as positive, None for the mean over several classes.
    """

    label: np.ndarray
    predicted: np.ndarray
    score: np.ndarray | None
    classes: int
    positive: int | None

    def take(self, rows: np.ndarray) -> Predictions:
        """The same model on some of the rows: bool (N,) or positions."""
        score = None if self.score is None else self.score[rows]
        return Predictions(self.label[rows], self.predicted[rows], score, self.classes, self.positive)

    @cached_property
    def score_ranks(self) -> np.ndarray:
        """int (N,): position of each score among the distinct scores."""
        return np.unique(self.score, return_inverse=True)[1]

    @cached_property
    def score_levels(self) -> np.ndarray:
        """int (N,): the ranks gathered into at most LEVELS levels with about as many rows each."""
        edges = np.quantile(self.score_ranks, np.arange(1, LEVELS) / LEVELS, method="lower")
        return np.searchsorted(np.unique(edges), self.score_ranks, side="left")

    def can_tell(self, params: Metric) -> bool:
        """Whether a metric can be read off this model: AUROC needs scores and a positive class."""
        return params.reads == "predictions" or (self.score is not None and self.positive is not None)

    def columns(self, params: Metric, exact: bool = True) -> tuple[np.ndarray, tuple[int, int]]:
        """(flat column (N,), (rows, columns) of one group's table) that `params` reads; see the folder's docstring."""
        if params.reads == "predictions":
            return self.label * self.classes + self.predicted, (self.classes, self.classes)
        level = self.score_ranks if exact else self.score_levels
        width = int(level.max(initial=0)) + 1 if exact else LEVELS
        return (self.label == self.positive) * width + level, (2, width)

    def counts(self, params: Metric, groups: Groups, exact: bool = True) -> np.ndarray:
        """int (G, rows, columns)"""
        column, shape = self.columns(params, exact)
        size = shape[0] * shape[1]
        flat = np.bincount(groups.index * size + column, minlength=len(groups.names) * size)
        return flat.reshape(len(groups.names), *shape)


@dataclass(frozen=True)
class Groups:
    """How an attribute divides N rows.

    names: G, sorted; index: int (N,) into names; enough: bool (G,), large enough to be tested and not MISSING;
    units: (N,) labels of rows that belong together, such as a patient's, or None when every row stands alone.
    """

    names: list[str]
    index: np.ndarray
    enough: np.ndarray
    units: np.ndarray | None = None

    @classmethod
    def of(cls, attribute: np.ndarray, min_group: int, units: np.ndarray | None = None) -> Groups:
        """From a column of strings (N,)."""
        names, index = np.unique(attribute.astype(str), return_inverse=True)
        enough = (np.bincount(index, minlength=len(names)) >= min_group) & (names != MISSING)
        return cls(names.tolist(), index, enough, units)
