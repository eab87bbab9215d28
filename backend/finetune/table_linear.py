"""Logistic regression (of a number ridge regression) on the raw columns; nothing is pretrained.

Of windows of series the columns are statistics of each channel.

Numbers are mapped to the quantiles of a normal distribution and missing ones set to the median, with a column that
says so; each frequent value of a category is a column of its own, missing among them. Quantiles, medians and values
come from all training rows, which takes no label. Validation picks the penalty, and where the metric is balanced
accuracy, whether classes weigh alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from ..engine.seeds import derive
from ..registry import Strict
from ._classical import one_class_only, over_all_classes
from ._raw import Columns, columns, fit_limited
from ._task import Cell, Prediction, Task

TITLE = "linear model"
RIVAL = True
KINDS = ("table", "series")
TARGETS = ("class", "event", "number")
LOOKED_AT = 100_000  # training rows, at most, that quantiles, medians and values come from
QUANTILES = 1_000
TOLERANCE = 1e-5  # of the mean loss's gradient


class Params(Strict):
    strengths: tuple[float, ...] = Field(
        (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0),
        description="Inverse penalties tried; the best on validation is used",
        min_length=1,
    )
    values: int = Field(100, ge=1, le=10_000, description="Values of a category that have a column of their own")


@dataclass(frozen=True)
class Encoded:
    """The rows of each split as the model reads them."""

    table: Columns
    numbers: np.ndarray  # places of the numbers with a value in the training rows
    medians: np.ndarray
    lacking: np.ndarray  # places of the columns of which some training row lacks the value
    scale: QuantileTransformer | None
    spread: StandardScaler | None
    kept: dict[int, np.ndarray]  # place of a category -> the codes that have a column of their own

    def of(self, rows: np.ndarray) -> csr_matrix:
        """float64 rows x columns."""
        x = self.table.of(rows)
        parts = [csr_matrix(np.isnan(x[:, self.lacking]).astype(np.float64))]
        if len(self.numbers):
            parts.append(csr_matrix(self.spread.transform(self.scale.transform(_filled(x, self)))))
        for place, codes in self.kept.items():
            at = np.searchsorted(codes, x[:, place])  # NaN lands behind all
            there = np.flatnonzero((at < len(codes)) & (codes[np.minimum(at, len(codes) - 1)] == x[:, place]))
            one = (np.ones(len(there)), (there, at[there]))
            parts.append(csr_matrix(one, shape=(len(x), len(codes))))
        return hstack(parts, format="csr")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen`: strength (the inverse penalty), of classes balanced (bool)."""
    yield from fitted(task, params, columns(task, "linear model"))


def fitted(task: Task, params: Params, table: Columns) -> Iterator[Prediction]:
    """As `fit`, on these columns."""
    encoded = _learnt(task, table, params)
    val, test = encoded.of(task.val), encoded.of(task.test)

    def work(cell: Cell) -> Prediction:
        one = _number if task.target == "number" else _classes
        return one(task, cell, encoded.of(cell.rows), val, test, params)

    yield from fit_limited(task, work)


def _learnt(task: Task, table: Columns, params: Params) -> Encoded:
    rows = task.train
    if len(rows) > LOOKED_AT:
        rows = np.sort(np.random.default_rng(derive("linear", task.seed)).choice(rows, LOOKED_AT, replace=False))
    x = table.of(rows)
    known, categories = ~np.isnan(x), table.categories
    numbers = np.flatnonzero(~categories & known.any(0))
    medians = np.array([np.median(x[known[:, place], place]) for place in numbers])
    kept = {}
    for place in np.flatnonzero(categories):
        codes, counts = np.unique(x[known[:, place], place], return_counts=True)
        kept[int(place)] = np.sort(codes[np.argsort(-counts, kind="stable")[: params.values]])
    found = Encoded(table, numbers, medians, np.flatnonzero(~known.all(0)), None, None, kept)
    if not len(numbers):
        return found
    filled = _filled(x, found)
    scale = QuantileTransformer(
        n_quantiles=min(QUANTILES, len(x)), output_distribution="normal", subsample=None, random_state=0
    ).fit(filled)
    spread = StandardScaler().fit(scale.transform(filled))
    return Encoded(table, numbers, medians, found.lacking, scale, spread, kept)


def _filled(x: np.ndarray, encoded: Encoded) -> np.ndarray:
    """The numbers of the rows, float64, the median where one is missing."""
    numbers = x[:, encoded.numbers].astype(np.float64)
    return np.where(np.isnan(numbers), encoded.medians, numbers)


def _classes(
    task: Task, cell: Cell, train: csr_matrix, val: csr_matrix, test: csr_matrix, params: Params
) -> Prediction:
    labels = task.labels[cell.rows]
    present = np.unique(labels)
    if len(present) < 2:
        return one_class_only(task, cell, present[0], {"strength": None})
    best: Prediction | None = None
    for balanced in task.weightings:
        # each penalty starts from the solution of the one before it
        model = LogisticRegression(
            class_weight="balanced" if balanced else None, tol=TOLERANCE, max_iter=2000, warm_start=True
        )
        for strength in sorted(params.strengths):
            task.check_stop()
            model.set_params(C=strength).fit(train, labels)
            told = over_all_classes(model.predict_proba(val), present, task.classes)
            if best is None or task.pick([best.val, told]) == 1:
                answer = over_all_classes(model.predict_proba(test), present, task.classes)
                best = Prediction(cell, told, answer, {"strength": strength, "balanced": balanced})
    return best


def _number(task: Task, cell: Cell, train: csr_matrix, val: csr_matrix, test: csr_matrix, params: Params) -> Prediction:
    """On the number standardised by the cell's rows; penalties are those of classes, as inverses."""
    truth = np.asarray(task.labels[cell.rows], np.float64)
    level, spread = truth.mean(), truth.std() or 1.0
    best: Prediction | None = None
    for strength in sorted(params.strengths):
        task.check_stop()
        model = Ridge(alpha=1 / strength, solver="sparse_cg", tol=TOLERANCE).fit(train, (truth - level) / spread)
        told, answer = ((level + spread * model.predict(rows))[:, None].astype(np.float32) for rows in (val, test))
        if best is None or task.pick([best.val, told]) == 1:
            best = Prediction(cell, told, answer, {"strength": strength})
    return best
