"""Boosted trees tuned on validation: the settings that are tried, in the same order for every library.

Each setting grows trees until validation is no better for a few readings; the trees that did best are kept. Where a
cell has many rows, the settings are tried on a sample of them, and the best few are grown on all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import Field
from torch import Tensor

from ..engine.seeds import derive
from ..registry import Strict
from ._classical import one_class_only, over_all_classes
from ._raw import Columns, columns, fit_limited
from ._task import Cell, Prediction, Task

READ_AT = (5, 10, 20, 35, 50, 75, 100, 140, 200, 280, 400, 560, 800, 1_100, 1_500, 2_000)  # trees
PATIENCE = 3  # readings without a better one
ABSOLUTE = ("mae", "pinball")  # metrics of a number that absolute errors may suit better than squared ones


class Search(Strict):
    """What every method of boosted trees lets one set."""

    trees: int = Field(400, ge=1, le=2_000, description="Boosting rounds at most")
    settings: int = Field(8, ge=1, le=8, description="How many settings of the trees are tried")
    sample: int = Field(5_000, ge=100, description="Settings are tried on at most this many labelled rows")
    regrown: int = Field(2, ge=1, le=8, description="How many of them are grown on all rows, where there are more")


@dataclass(frozen=True)
class Setting:
    """leaves: of a tree at most; rate: learning rate; leaf: rows in a leaf at least; l2: penalty on leaf values;
    share: of the columns that a split (of LightGBM a tree) may look at; grouped: whether a split may put any categories
    together, else they are ordered by how frequent they are; absolute: whether errors of a number count absolutely or
    squared."""

    leaves: int
    rate: float
    leaf: int
    l2: float
    share: float
    grouped: bool
    absolute: bool = False

    def for_rows(self, rows: int) -> int:
        """Rows in a leaf at least, fewer where there are few labels."""
        return min(self.leaf, max(1, rows // 10))


SETTINGS = (
    Setting(15, 0.1, 20, 1.0, 1.0, True),
    Setting(7, 0.1, 10, 10.0, 0.5, False),
    Setting(31, 0.05, 20, 1.0, 0.5, True),
    Setting(2, 0.2, 5, 1.0, 0.5, False),
    Setting(31, 0.1, 50, 10.0, 0.5, False),
    Setting(4, 0.1, 5, 1.0, 0.5, True),
    Setting(15, 0.05, 5, 1.0, 0.3, False),
    Setting(63, 0.05, 50, 10.0, 0.5, True),
)


@dataclass(frozen=True)
class Rows:
    """Rows with their labels: x float32 n x F, truth (classes or numbers) n, weights float32 n of mean 1, None: alike;
    categories: bool F; target: of backend/targets/."""

    x: np.ndarray
    truth: np.ndarray
    weights: np.ndarray | None
    categories: np.ndarray
    target: str

    @property
    def alone(self) -> bool:
        """Whether they are all of one class, which teaches nothing."""
        return self.target != "number" and len(np.unique(self.truth)) < 2

    def sample(self, most: int, seed: int) -> Rows:
        """`most` of the rows, drawn by the seed, at least one of every class; themselves where there are no more."""
        if len(self.x) <= most:
            return self
        drawn = np.random.default_rng(seed).permutation(len(self.x))
        firsts = [] if self.target == "number" else np.unique(self.truth[drawn], return_index=True)[1]
        return self.at(np.sort(drawn[np.union1d(firsts, np.arange(most)).astype(np.int64)]))

    def at(self, places: np.ndarray) -> Rows:
        weights = None if self.weights is None else self.weights[places]
        return Rows(self.x[places], self.truth[places], weights, self.categories, self.target)


class Forest(ABC):
    """Trees of one library. Nothing but the rows that they are given may decide how they grow."""

    @abstractmethod
    def readings(self, at: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
        """(trees, what they say of the validation rows) for these numbers of trees, ascending, as long as it is asked;
        fewer where the library has stopped by itself."""

    @abstractmethod
    def answer(self, x: np.ndarray, trees: int) -> np.ndarray:
        """By the first `trees`: probabilities of the classes of the rows' truth in ascending order, M x P, or numbers,
        M."""


# start(rows to grow on, validation rows, setting, trees at most)
Start = Callable[[Rows, Rows, Setting, int], Forest]


@dataclass(frozen=True)
class Grown:
    """A setting with the number of trees that did best on validation; val: the outputs there, V x K."""

    setting: Setting
    trees: int
    val: np.ndarray
    quality: tuple[float, float]
    forest: Forest
    rows: Rows

    @property
    def chosen(self) -> dict[str, Any]:
        return {"trees": self.trees, **vars(self.setting)}

    def said(self, task: Task, x: np.ndarray) -> np.ndarray:
        """Predictions for the rows of these columns: float32 M x K over all classes, or M x 1."""
        return _outputs(task, self.rows, self.forest.answer(x, self.trees))

    def predicted(self, task: Task, cell: Cell, test: np.ndarray) -> Prediction:
        return Prediction(cell, self.val, self.said(task, test), self.chosen)


def boosted(
    task: Task, params: Search, start: Start, method: str, beside: Tensor | None = None
) -> Iterator[Prediction]:
    """One prediction for every wanted cell, by tuned trees on the raw columns (and `beside`, N x d)."""
    table = columns(task, method, beside)
    val, test = rows_of(task, task.val, table), table.of(task.test)

    def work(cell: Cell) -> Prediction:
        rows = rows_of(task, cell.rows, table)
        if rows.alone:
            return one_class_only(task, cell, rows.truth[0], {"trees": 0})
        return tuned(task, cell, rows, val, start, params).predicted(task, cell, test)

    yield from fit_limited(task, work)


def rows_of(task: Task, rows: np.ndarray, table: Columns) -> Rows:
    """Labelled rows, by their numbers."""
    truth = np.asarray(task.labels[rows], np.float64 if task.target == "number" else np.int64)
    weights = task.row_weights(rows) if task.weighted else None
    return Rows(table.of(rows), truth, weights, table.categories, task.target)


def tuned(task: Task, cell: Cell, rows: Rows, val: Rows, start: Start, params: Search) -> Grown:
    """The setting that does best on validation, grown on all of the rows. val: the validation rows."""
    sample = rows.sample(params.sample, derive("trees", len(rows.x), cell.subset_seed))
    tried: list[Grown] = []
    for setting in SETTINGS[: params.settings]:
        if tried:
            setting = replace(setting, absolute=tried[0].setting.absolute)
        tried.append(grown(task, sample, setting, val, start, params.trees))
        if len(tried) == 1 and task.metric in ABSOLUTE:
            other = grown(task, sample, replace(setting, absolute=True), val, start, params.trees)
            tried = [max(tried[0], other, key=lambda one: one.quality)]
    tried.sort(key=lambda one: one.quality, reverse=True)
    if sample is rows:
        return tried[0]
    again = (grown(task, rows, one.setting, val, start, params.trees) for one in tried[: params.regrown])
    return max(again, key=lambda one: one.quality)


def grown(task: Task, rows: Rows, setting: Setting, val: Rows, start: Start, most: int) -> Grown:
    """Trees of one setting, as many as suit validation."""
    task.check_stop()
    forest, best, since = start(rows, val, setting, most), None, 0
    for trees, answers in forest.readings(_readings(most)):
        outputs = _outputs(task, rows, answers)
        quality = task.quality(outputs)
        if best is None or quality > best.quality:
            best, since = Grown(setting, trees, outputs, quality, forest, rows), 0
        elif (since := since + 1) >= PATIENCE:
            break
        task.check_stop()
    return best


def _readings(most: int) -> Iterator[int]:
    """Numbers of trees at which validation is read, the last one `most`."""
    yield from (trees for trees in READ_AT if trees < most)
    yield most


def _outputs(task: Task, rows: Rows, answers: np.ndarray) -> np.ndarray:
    if task.target == "number":
        return answers[:, None].astype(np.float32)
    return over_all_classes(answers, np.unique(rows.truth), task.classes)
