"""Nearest neighbours: each example takes the labels of the most similar labelled examples, nothing is trained.

Cosine similarity of frozen features, votes weighted by exp(similarity / temperature) (Wu et al. 2018, arXiv
1805.01978); the number of neighbours is picked on validation, and where the metric is balanced accuracy, so is whether
a vote weighs less the more frequent its class is. Of a number the answer is the neighbours' weighted mean.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._leaves import Left
from ._task import Cell, Prediction, Task, fit_once

BLOCK = 4096  # queries compared at once

TITLE = "nearest neighbours"
TARGETS = ("class", "event", "number")


class Params(Strict):
    neighbours: tuple[int, ...] = Field(
        (1, 5, 20), description="Numbers of neighbours tried; the best on validation is used", min_length=1
    )
    temperature: float = Field(0.1, gt=0, le=10, description="Sharpness of the votes; lower trusts the nearest more")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the number of neighbours and whether votes are weighted."""
    if task.features is None:
        raise ValueError("knn: expected features, found none")
    unit = nn.functional.normalize(task.features, dim=1)
    fitted = _number if task.target == "number" else _classes
    yield from fit_once(task, lambda cell: fitted(task, cell, unit, params))


def leaves(task: Task, params: Params) -> Left:
    """The features of the labelled rows leave, and what each votes for."""
    found, (cell,) = next(fit(task, params)), task.wanted
    bank = nn.functional.normalize(task.features, dim=1)[task.index(cell.rows)]
    settings = {"size": found.chosen["neighbours"], "temperature": params.temperature}
    if task.target == "number":
        level, spread, worth = _standardised(task, cell)
        more = {"level": torch.tensor(level), "spread": torch.tensor(spread)}
        more = {name: value.float() for name, value in more.items()}
    else:
        labels = nn.functional.one_hot(task.index(task.labels[cell.rows]), task.classes).to(bank.dtype)
        worth, more = labels * task.floats(task.row_weights(cell.rows, found.chosen["weighted"]))[:, None], {}
    tensors = {"bank": bank, "worth": worth, **more}
    return Left(found, None, "neighbours", {name: value.cpu() for name, value in tensors.items()}, settings)


def _classes(task: Task, cell: Cell, unit: Tensor, params: Params) -> Prediction:
    bank, sizes = unit[task.index(cell.rows)], _sizes(cell, params)
    labels = nn.functional.one_hot(task.index(task.labels[cell.rows]), task.classes).to(unit.dtype)
    tried = [(size, weighted) for weighted in task.weightings for size in sizes]
    worth = [labels * task.floats(task.row_weights(cell.rows, weighted))[:, None] for weighted in task.weightings]
    val = [v for w in worth for v in _votes(unit[task.index(task.val)], bank, w, sizes, params.temperature)]
    best = task.pick(val)
    size, weighted = tried[best]
    test = _votes(unit[task.index(task.test)], bank, worth[weighted], [size], params.temperature)
    return Prediction(cell, val[best], test[0], {"neighbours": size, "weighted": weighted})


def _number(task: Task, cell: Cell, unit: Tensor, params: Params) -> Prediction:
    """The weighted mean of the neighbours' numbers; summed on their standardised values, which float32 can carry."""
    bank, sizes = unit[task.index(cell.rows)], _sizes(cell, params)
    level, spread, worth = _standardised(task, cell)

    def told(rows: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
        found = _totals(unit[task.index(rows)], bank, worth, sizes, params.temperature)
        return [(level + spread * (total[:, :1] / total[:, 1:])).astype(np.float32) for total in found]

    val = told(task.val, sizes)
    best = task.pick(val)
    return Prediction(cell, val[best], told(task.test, [sizes[best]])[0], {"neighbours": sizes[best]})


def _standardised(task: Task, cell: Cell) -> tuple[float, float, Tensor]:
    """(mean, deviation, n x 2: each row's standardised number and a 1)"""
    truth = np.asarray(task.labels[cell.rows], np.float64)
    level, spread = truth.mean(), truth.std() or 1.0
    both = np.stack([(truth - level) / spread, np.ones_like(truth)], axis=1)
    return float(level), float(spread), task.floats(both.astype(np.float32))


def _sizes(cell: Cell, params: Params) -> list[int]:
    return sorted({min(k, len(cell.rows)) for k in params.neighbours})


def _votes(queries: Tensor, bank: Tensor, labels: Tensor, sizes: list[int], temperature: float) -> list[np.ndarray]:
    """Class probabilities M x K for each number of neighbours; labels: n x K, what each neighbour votes for."""
    totals = _totals(queries, bank, labels, sizes, temperature)
    return [total / total.sum(1, keepdims=True) for total in totals]


def _totals(queries: Tensor, bank: Tensor, labels: Tensor, sizes: list[int], temperature: float) -> list[np.ndarray]:
    """The neighbours' weighted sums of `labels` (n x K), M x K for each number of neighbours."""
    votes: list[list[np.ndarray]] = [[] for _ in sizes]
    for block in queries.split(BLOCK):
        near, index = (block @ bank.T).topk(max(sizes), dim=1)
        weight = ((near - near[:, :1]) / temperature).exp()
        for i, size in enumerate(sizes):
            total = torch.einsum("mk,mkc->mc", weight[:, :size], labels[index[:, :size]])
            votes[i].append(total.cpu().numpy())
    return [np.concatenate(v) for v in votes]
