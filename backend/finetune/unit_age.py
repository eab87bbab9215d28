"""The age of the unit alone: what units of a similar age came to. Nothing is pretrained and no reading is looked at.

Labelled windows are sorted by age into bins of equally many; a window is told the mean of its bin. How many bins there
are is chosen on validation. Whoever is no better has learned the clock.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydantic import Field

from ..registry import Strict
from ._raw import windows
from ._task import Cell, Prediction, Task, fit_once

TITLE = "age of the unit"
RIVAL = True
KINDS = ("series",)
TARGETS = ("class", "event", "number")


class Params(Strict):
    bins: tuple[int, ...] = Field(
        (2, 4, 8, 16, 32), description="How many bins are tried; the best on validation is used", min_length=1
    )


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the number of bins."""
    age = np.asarray(windows(task, "age of the unit").age, np.float64)

    def work(cell: Cell) -> Prediction:
        found = []
        for bins in params.bins:
            edges = np.unique(np.quantile(age[cell.rows], np.arange(1, bins) / bins))
            means = _means(task, cell, np.searchsorted(edges, age[cell.rows], side="right"), len(edges) + 1)
            val, test = (means[np.searchsorted(edges, age[rows], side="right")] for rows in (task.val, task.test))
            found.append(Prediction(cell, val, test, {"bins": bins}))
        return found[task.pick([one.val for one in found])]

    yield from fit_once(task, work)


def _means(task: Task, cell: Cell, place: np.ndarray, bins: int) -> np.ndarray:
    """float32 bins x K (shares of the classes) or x 1 (mean numbers); of a bin without a row those of all rows. One row
    like all of them together counts in every bin, so that no share is 0 for want of rows alone."""
    labels = task.labels[cell.rows]
    each = labels[:, None] if task.target == "number" else np.eye(task.classes)[labels]
    weights = task.row_weights(cell.rows, task.weighted)[:, None]
    overall = (weights * each).mean(0)
    total, counts = np.zeros((bins, each.shape[1])), np.zeros((bins, 1))
    np.add.at(total, place, weights * each)
    np.add.at(counts, place, weights)
    found = (total + overall) / (counts + 1)
    return found.astype(np.float32)
