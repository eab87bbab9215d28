"""Boosted trees that also learn from their own answers on the training rows without a label.

Self-training (Lee 2013; on tables Kim et al. 2023, arXiv 2302.14013): tuned trees are grown on the labelled rows and
label the other training rows, new trees are grown on the labelled rows and the surest of the others, and so on. How
many are believed and how often is chosen on validation, no round at all among the choices, so that where nothing is
left to label these are plain trees. It is the rival that uses the same unlabelled rows as pretraining does.

Each class is given out as often as it is among the labelled rows, the rarest first, to the rows that it suits best, and
the surest are taken class by class (Zou et al. 2018, arXiv 1810.07911): else a rare class would lose its last examples.
Of a number those rows are the surest on which trees of two halves of the labelled rows agree best.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydantic import Field

from ..engine.seeds import derive
from ._classical import one_class_only
from ._lightgbm import Gradient
from ._raw import Columns, columns, fit_limited
from ._task import Cell, Prediction, Task
from ._trees import Grown, Rows, Search, grown, rows_of, tuned

TITLE = "boosted trees with pseudo-labels"
RIVAL = True
KINDS = ("table",)
TARGETS = ("class", "event", "number")


class Params(Search):
    shares: tuple[float, ...] = Field(
        (0.3, 1.0),
        description="Shares of the unlabelled rows, the surest first, that are believed; chosen on validation",
        min_length=1,
    )
    rounds: int = Field(2, ge=1, le=10, description="How often rows are labelled anew at most; chosen on validation")
    rows: int = Field(20_000, ge=100, description="At most so many rows are labelled, drawn at random")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the setting of the trees, believed (the share of the
    other rows; null without a round), rounds and pseudo_labels (rows, of the last round)."""
    table = columns(task, "boosting with pseudo-labels")
    val, test = rows_of(task, task.val, table), table.of(task.test)

    def work(cell: Cell) -> Prediction:
        rows = rows_of(task, cell.rows, table)
        if rows.alone:
            return one_class_only(task, cell, rows.truth[0], {"trees": 0})
        plain = tuned(task, cell, rows, val, Gradient, params)
        best, how = plain, {"believed": None, "rounds": 0, "pseudo_labels": 0}
        others = _unlabelled(task, cell, table, params.rows)
        for believed in params.shares if len(others) else ():
            teacher = plain
            for turn in range(1, params.rounds + 1):
                taken, truth = _answers(task, cell, teacher, rows, others, believed)
                if not len(taken):
                    break
                both = _joined(rows, others[taken], truth, task.weighted)
                teacher = grown(task, both, plain.setting, val, Gradient, params.trees)
                if teacher.quality > best.quality:
                    best, how = teacher, {"believed": believed, "rounds": turn, "pseudo_labels": len(taken)}
        told = best.predicted(task, cell, test)
        return Prediction(cell, told.val, told.test, {**told.chosen, **how})

    yield from fit_limited(task, work)


def _unlabelled(task: Task, cell: Cell, table: Columns, most: int) -> np.ndarray:
    """Columns of the training rows whose label this cell does not know."""
    rows = np.setdiff1d(task.train, cell.rows)
    if len(rows) > most:
        draw = np.random.default_rng(derive("pseudo", cell.fraction, cell.subset_seed))
        rows = np.sort(draw.choice(rows, most, replace=False))
    return table.of(rows)


def _answers(
    task: Task, cell: Cell, teacher: Grown, rows: Rows, others: np.ndarray, believed: float
) -> tuple[np.ndarray, np.ndarray]:
    """Which of the others are believed, and what the teacher says of these."""
    told = teacher.said(task, others)
    if task.target == "number":
        apart = _disagreement(task, cell, teacher, rows, others)
        taken = np.sort(np.argsort(apart, kind="stable")[: round(believed * len(others))])
        return taken, told[taken, 0].astype(np.float64)
    truth, left, taken = np.zeros(len(others), dtype=np.int64), np.arange(len(others)), []
    labels, counts = np.unique(rows.truth, return_counts=True)
    for label, count in sorted(zip(labels, counts, strict=True), key=lambda one: one[1]):
        surest = left[np.argsort(-told[left, label], kind="stable")]
        own = surest[: round(len(others) * count / len(rows.x))]
        truth[own], left = label, np.setdiff1d(left, own)
        taken.append(own[: round(believed * len(own))])
    taken = np.sort(np.concatenate(taken))
    return taken, truth[taken]


def _disagreement(task: Task, cell: Cell, teacher: Grown, rows: Rows, others: np.ndarray) -> np.ndarray:
    """How far trees of two halves of the labelled rows lie apart on each of the others."""
    order = np.random.default_rng(derive("halves", cell.fraction, cell.subset_seed)).permutation(len(rows.x))
    told = []
    for half in (order[::2], order[1::2]):
        if not len(half):
            return np.zeros(len(others))
        task.check_stop()
        forest = Gradient(rows.at(half), rows, teacher.setting, teacher.trees)
        forest.grow(teacher.trees)
        told.append(forest.answer(others, teacher.trees))
    return np.abs(told[0] - told[1])


def _joined(rows: Rows, others: np.ndarray, truth: np.ndarray, weighted: bool) -> Rows:
    """The labelled rows and those that have been given a label; where classes weigh alike, by all of them."""
    together = np.concatenate([rows.truth, truth])
    weights = None
    if weighted:
        _, which, counts = np.unique(together, return_inverse=True, return_counts=True)
        weights = (len(together) / (len(counts) * counts))[which].astype(np.float32)
    return Rows(np.concatenate([rows.x, others]), together, weights, rows.categories, rows.target)
