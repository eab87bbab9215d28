"""Linear probe: ridge-penalised logistic regression on frozen features, all subsets and penalties fitted together.

Features are standardised with the mean and deviation of all training rows, which takes no label. Each cell's loss is
the mean cross-entropy of its rows plus penalty / 2 * |weights|^2 (the bias is free); the penalty is picked on
validation, and where the metric is balanced accuracy, so is whether rows weigh alike or classes do. The cells of one
fraction and all candidates are lanes of one batched L-BFGS problem, so that every matrix product serves all of them; a
1 % cell costs 1 % because lanes are padded to the rows of their own fraction only. Of a number it is ridge regression
(_ridge.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from ..engine import targets as learned
from ..registry import Strict
from . import _leaves, _ridge
from ._lbfgs import minimise
from ._leaves import Left
from ._task import Cell, Prediction, Task

TITLE = "linear probe"
TARGETS = ("class", "event", "number")


class Params(Strict):
    penalties: tuple[float, ...] = Field(
        (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0),
        description="Ridge penalties tried; the best on validation is used",
        min_length=1,
    )
    max_iterations: int = Field(200, ge=1, le=10_000, description="L-BFGS iterations at most")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds penalty and whether classes weigh alike. Raises ValueError
    without features."""
    for cell, head, chosen in probes(task, params):
        if cell in task.wanted:
            task.check_stop()
            yield Prediction(cell, predict(task, head, task.val), predict(task, head, task.test), chosen)


def leaves(task: Task, params: Params) -> Left:
    cell, head, chosen = next(found for found in probes(task, params) if found[0] in task.wanted)
    prediction = Prediction(cell, predict(task, head, task.val), predict(task, head, task.test), chosen)
    return _leaves.linear(prediction, head)


@torch.no_grad()
def predict(task: Task, head: nn.Linear, rows: np.ndarray) -> np.ndarray:
    """What a head on frozen features says: class probabilities, float32 rows x K, or numbers, rows x 1."""
    return learned.of(task.target).final(head(task.features[task.index(rows)])).cpu().numpy()


@torch.no_grad()
def probes(task: Task, params: Params) -> list[tuple[Cell, nn.Linear, dict[str, Any]]]:
    """(cell, head on raw features, what was chosen) of every cell of the task, the choice made on validation."""
    if task.features is None:
        raise ValueError("linear probe: expected features, found none")
    mean, scale = _standardiser(task)
    if task.target == "number":
        return _ridge.solve(task, params.penalties, mean, scale)
    lanes_of = [
        {"penalty": penalty, "weighted": weighted} for weighted in task.weightings for penalty in params.penalties
    ]
    known, found = {} if task.shared is None else task.shared.setdefault("probes", {}), []
    for fraction, same in groupby(sorted(task.cells, key=lambda c: c.fraction), key=lambda c: c.fraction):
        cells = list(same)
        # Another method of this arm, or the same one before the plan added subsets elsewhere, has solved them already.
        key = (params.model_dump_json(), fraction, *(cell.subset_seed for cell in cells))
        if key not in known:
            known[key] = []
            for lanes in _solve(task, params, cells, mean, scale):
                heads = [_raw_head(weights, mean, scale) for weights in lanes]
                best = task.pick([predict(task, head, task.val) for head in heads])
                known[key].append((heads[best], lanes_of[best]))
        found += [(cell, head, chosen) for cell, (head, chosen) in zip(cells, known[key], strict=True)]
    return found


def _standardiser(task: Task) -> tuple[Tensor, Tensor]:
    """Mean and deviation of the features of all training rows; dead features keep scale 1."""
    train = task.features[task.index(task.train)]
    deviation = train.std(0, correction=0)
    return train.mean(0), torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation))


def _solve(task: Task, params: Params, cells: list[Cell], mean: Tensor, scale: Tensor) -> Tensor:
    """Weights with the bias as last row, cells x lanes x (d + 1) x K, of the cells of one fraction."""
    if all(np.array_equal(cell.rows, cells[0].rows) for cell in cells[1:]):
        shared = _minimised(task, params, *_padded(task, cells[:1], mean, scale))
        return shared.expand(len(cells), -1, -1, -1)
    return _minimised(task, params, *_padded(task, cells, mean, scale))


def _padded(task: Task, cells: list[Cell], mean: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs with a 1 for the bias (c x n x (d + 1)), one-hot labels (c x n x K), row weights (c x kinds x n)."""
    longest, d = max(len(c.rows) for c in cells), task.features.shape[1]
    x = torch.zeros(len(cells), longest, d + 1, device=task.device)
    truth = torch.zeros(len(cells), longest, task.classes, device=task.device)
    share = torch.zeros(len(cells), len(task.weightings), longest, device=task.device)
    for i, cell in enumerate(cells):
        n = len(cell.rows)
        x[i, :n, :d] = (task.features[task.index(cell.rows)] - mean) / scale
        x[i, :n, d] = 1
        truth[i, :n] = nn.functional.one_hot(task.index(task.labels[cell.rows]), task.classes).to(truth)
        for lane, weighted in enumerate(task.weightings):
            share[i, lane, :n] = task.floats(task.row_weights(cell.rows, weighted)) / n
    return x, truth, share


def _minimised(task: Task, params: Params, x: Tensor, truth: Tensor, share: Tensor) -> Tensor:
    """Weights c x (kinds * penalties) x (d + 1) x K that minimise every lane's penalised cross-entropy."""
    kinds = share.shape[1]
    shape = (x.shape[0], kinds * len(params.penalties), x.shape[2], truth.shape[2])
    ridge = torch.tensor(params.penalties * kinds, device=task.device)[None, :, None, None].repeat(1, 1, shape[2], 1)
    ridge[..., -1, :] = 0
    share = share.repeat_interleave(len(params.penalties), dim=1)[..., None]

    def objective(flat: Tensor) -> tuple[Tensor, Tensor]:
        w = flat.view(shape)
        log_p = torch.einsum("cnd,cldk->clnk", x, w).log_softmax(-1)
        value = (ridge * w.square()).sum((2, 3)) / 2 - (log_p * truth[:, None] * share).sum((2, 3))
        residual = (log_p.exp() - truth[:, None]) * share
        gradient = torch.einsum("cnd,clnk->cldk", x, residual) + ridge * w
        return value.view(-1), gradient.reshape(len(flat), -1)

    start = torch.zeros(shape[0] * shape[1], shape[2] * shape[3], device=task.device)
    solved = minimise(objective, start, max_iterations=params.max_iterations, check_stop=task.check_stop)
    return solved.view(shape)


def _raw_head(weights: Tensor, mean: Tensor, scale: Tensor) -> nn.Linear:
    """The probe as a layer on features as the encoder gives them: the standardisation is folded in."""
    head = nn.Linear(weights.shape[0] - 1, weights.shape[1], device=weights.device)
    head.weight.copy_((weights[:-1] / scale[:, None]).T)
    head.bias.copy_(weights[-1] - head.weight @ mean)
    return head
