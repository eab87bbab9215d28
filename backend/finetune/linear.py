"""Linear probe: ridge-penalised logistic regression on frozen features, all subsets and penalties fitted together.

Features are standardised with the mean and deviation of all training rows (no label is needed for that). Each cell's loss is the
mean cross-entropy of its rows plus penalty / 2 * |weights|^2 (the bias is free); the penalty is picked on validation.
Cells of one fraction and all penalties are lanes of one batched L-BFGS problem, so a study solves
S x P x penalties probes in as many matrix products as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._lbfgs import minimise
from ._task import Cell, Prediction, Task


class Params(Strict):
    penalties: tuple[float, ...] = Field(
        (1e-3, 1e-2, 1e-1, 1.0), description="Ridge penalties tried; the best on validation is used", min_length=1
    )
    max_iterations: int = Field(200, ge=1, le=10_000, description="L-BFGS iterations at most")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the penalty. Raises ValueError without features."""
    for cell, head, penalty in probes(task, params):
        if cell not in task.wanted:
            continue
        task.check_stop()
        with torch.no_grad():
            val, test = (head(task.features[task.local(r)]).softmax(1).cpu().numpy() for r in (task.val, task.test))
        yield Prediction(cell, "linear", val, test, {"penalty": penalty})


def probes(task: Task, params: Params) -> Iterator[tuple[Cell, nn.Linear, float]]:
    """(cell, head on raw features, penalty) of every cell, the penalty picked on validation."""
    if task.features is None:
        raise ValueError("linear: expected features, found none")
    mean, scale = _standardiser(task)
    val = (task.features[task.local(task.val)] - mean) / scale
    for _, same in groupby(sorted(task.cells, key=lambda c: c.fraction), key=lambda c: c.fraction):
        cells = list(same)
        weights = _solve(task, params, cells, mean, scale)
        for cell, candidates in zip(cells, weights, strict=True):
            probabilities = [(val @ w[:-1] + w[-1]).softmax(1).cpu().numpy() for w in candidates]
            best = task.pick(probabilities)
            yield cell, _raw_head(candidates[best], mean, scale), params.penalties[best]


def _standardiser(task: Task) -> tuple[Tensor, Tensor]:
    """Mean and deviation of the features of all rows outside validation and test; dead features keep scale 1."""
    rest = np.setdiff1d(np.arange(len(task.labels)), np.concatenate([task.val, task.test]))
    train = task.features[task.local(rest)]
    deviation = train.std(0, correction=0)
    return train.mean(0), torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation))


def _solve(task: Task, params: Params, cells: list[Cell], mean: Tensor, scale: Tensor) -> Tensor:
    """Weights with the bias as last row, cells x penalties x (d + 1) x K, of the cells of one fraction."""
    count, longest = len(cells), max(len(c.rows) for c in cells)
    d, k = task.features.shape[1], task.classes
    x = torch.zeros(count, longest, d + 1, device=task.device)
    y = torch.zeros(count, longest, dtype=torch.int64, device=task.device)
    share = torch.zeros(count, longest, device=task.device)
    for i, cell in enumerate(cells):
        n = len(cell.rows)
        x[i, :n, :d] = (task.features[task.local(cell.rows)] - mean) / scale
        x[i, :n, d] = 1
        y[i, :n] = task.local(task.labels[cell.rows])
        share[i, :n] = 1 / n
    truth = nn.functional.one_hot(y, k).to(x.dtype)
    penalty = torch.tensor(params.penalties, device=task.device)
    lanes = len(penalty)
    ridge = penalty[None, :, None, None] * torch.ones(d + 1, 1, device=task.device)
    ridge[..., -1, :] = 0

    def objective(flat: Tensor) -> tuple[Tensor, Tensor]:
        w = flat.view(count, lanes, d + 1, k)
        logits = torch.einsum("cnd,cldk->clnk", x, w)
        log_p = logits.log_softmax(-1)
        value = -(log_p * (truth * share[..., None])[:, None]).sum((2, 3)) + (ridge * w.square()).sum((2, 3)) / 2
        residual = (log_p.exp() - truth[:, None]) * share[:, None, :, None]
        gradient = torch.einsum("cnd,clnk->cldk", x, residual) + ridge * w
        return value.view(-1), gradient.reshape(count * lanes, -1)

    start = torch.zeros(count * lanes, (d + 1) * k, device=task.device)
    with torch.no_grad():
        solved = minimise(objective, start, max_iterations=params.max_iterations, check_stop=task.check_stop)
    return solved.view(count, lanes, d + 1, k)


def _raw_head(weights: Tensor, mean: Tensor, scale: Tensor) -> nn.Linear:
    """The probe as a layer on features as the encoder gives them: the standardisation is folded in."""
    head = nn.Linear(weights.shape[0] - 1, weights.shape[1], device=weights.device)
    with torch.no_grad():
        head.weight.copy_((weights[:-1] / scale[:, None]).T)
        head.bias.copy_(weights[-1] - head.weight @ mean)
    return head
