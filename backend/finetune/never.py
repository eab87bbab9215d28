"""Never alarming: no window is ever said to be of the event. Where events are rare its accuracy is high.

It stands beside every other model, so that nobody takes an accuracy for more than what doing nothing gets.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..registry import Strict
from ._task import Cell, Prediction, Task, fit_once

TITLE = "never alarming"
RIVAL = True
KINDS = ("series",)
TARGETS = ("event",)


class Params(Strict):
    pass


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell: the share of events among its rows, less than a half, for every row."""

    def work(cell: Cell) -> Prediction:
        rate = min(float((task.labels[cell.rows] == 1).mean()), 0.499)
        val, test = (np.tile(np.float32([1 - rate, rate]), (len(rows), 1)) for rows in (task.val, task.test))
        return Prediction(cell, val, test, {"rate": rate})

    yield from fit_once(task, work)
