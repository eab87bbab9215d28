"""Boosted trees that also learn from their own answers on the training rows without a label.

Self-training (Lee 2013; on tables Kim et al. 2023, arXiv 2302.14013): tuned trees are grown on the labelled rows, the
other training rows take the class that these trees are sure of, new trees are grown on both, and so on. Confidence and
number of rounds are chosen on validation, no round at all among them, so that where nothing is left to label these are
plain trees. It is the rival that uses the same unlabelled rows as pretraining does. A number is believed where trees
of two halves of the labelled rows agree best.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydantic import Field

from ..engine.seeds import derive
from ._classical import one_class_only
from ._lightgbm import Gradient
from ._raw import Columns, columns, fit_once
from ._task import Cell, Prediction, Task
from ._trees import Grown, Rows, Search, grown, rows_of, tuned

TITLE = "boosted trees with pseudo-labels"
KINDS = ("table",)
TARGETS = ("class", "event", "number")


class Params(Search):
    confidences: tuple[float, ...] = Field(
        (0.8, 0.95),
        description="Of a class: how probable it must be to be believed; chosen on validation",
        min_length=1,
    )
    shares: tuple[float, ...] = Field(
        (0.5, 1.0),
        description="Of a number: the share of the rows that is believed; chosen on validation",
        min_length=1,
    )
    rounds: int = Field(2, ge=1, le=10, description="How often rows are labelled anew at most; chosen on validation")
    rows: int = Field(20_000, ge=100, description="At most so many rows are labelled, drawn at random")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the setting of the trees, believed (the confidence, or the
    share of the rows; null without a round), rounds and pseudo_labels (rows, of the last round)."""
    table = columns(task, "boosting with pseudo-labels")
    val, test = rows_of(task, task.val, table), table.of(task.test)

    def work(cell: Cell) -> Prediction:
        rows = rows_of(task, cell.rows, table)
        if rows.alone:
            return one_class_only(task, cell, rows.truth[0], {"trees": 0})
        plain = tuned(task, cell, rows, val, Gradient, params)
        best, how = plain, {"believed": None, "rounds": 0, "pseudo_labels": 0}
        others = _unlabelled(task, cell, table, params.rows)
        for believed in (params.shares if task.target == "number" else params.confidences) if len(others) else ():
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

    yield from fit_once(task, work)


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
    if task.target != "number":
        taken = np.flatnonzero(told.max(1) >= believed)
        return taken, told.argmax(1)[taken]
    apart = _disagreement(task, cell, teacher, rows, others)
    taken = np.sort(np.argsort(apart, kind="stable")[: round(believed * len(others))])
    return taken, told[taken, 0].astype(np.float64)


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
