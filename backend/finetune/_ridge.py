"""Linear probe of a number: ridge regression in closed form, every penalty from one decomposition.

Each cell's loss is the mean squared error of its rows plus penalty * |weights|^2 (the bias is free), on features that
are standardised by all training rows, as the probe of classes does, and on the number standardised by the cell's rows.
With fewer rows than features the dual problem is solved (Saunders, Gammerman & Vovk 1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ._task import Cell, Task


@torch.no_grad()
def solve(
    task: Task, penalties: Sequence[float], mean: Tensor, scale: Tensor
) -> list[tuple[Cell, nn.Linear, dict[str, Any]]]:
    """(cell, head on raw features in the unit of the target, what was chosen) of every cell of the task.

    mean, scale: of the features over all training rows. The penalty is picked on validation.
    """
    found: list[tuple[Cell, nn.Linear, dict[str, Any]]] = []
    for cell in task.cells:
        task.check_stop()
        # all subsets of 100 % are the same rows
        if found and np.array_equal(found[-1][0].rows, cell.rows):
            found.append((cell, *found[-1][1:]))
            continue
        x = ((task.features[task.index(cell.rows)] - mean) / scale).double()
        truth = task.floats(np.asarray(task.labels[cell.rows], np.float64))
        heads = [_head(w, x.mean(0), truth.mean(), mean, scale) for w in ridge(x, truth, penalties)]
        of_val = task.features[task.index(task.val)]
        best = task.pick([head(of_val).cpu().numpy() for head in heads])
        found.append((cell, heads[best], {"penalty": penalties[best]}))
    return found


def ridge(x: Tensor, truth: Tensor, penalties: Sequence[float], weights: Tensor | None = None) -> list[Tensor]:
    """Weights (d or d x K) for each penalty, of features and truth, which are centred first. x: float64 n x d, truth:
    float64 n or n x K; weights: of the rows' losses, float64 n of mean 1, None: alike."""
    if weights is None:
        x, y = x - x.mean(0), truth - truth.mean(0)
    else:
        each = weights.reshape(-1, *[1] * (truth.ndim - 1))
        x, y = x - (weights[:, None] * x).mean(0), truth - (each * truth).mean(0)
        x, y = weights.sqrt()[:, None] * x, each.sqrt() * y
    n, d = x.shape
    dual = n < d
    values, vectors = torch.linalg.eigh((x @ x.T if dual else x.T @ x) / n)
    turned = vectors.T @ (y if dual else x.T @ y) / n
    values = values.clamp_min(0).reshape(-1, *[1] * (y.ndim - 1))
    solved = [vectors @ (turned / (values + penalty)) for penalty in penalties]
    return [x.T @ w for w in solved] if dual else solved


@torch.no_grad()
def _head(weights: Tensor, centre: Tensor, level: Tensor, mean: Tensor, scale: Tensor) -> nn.Linear:
    """A layer on features as the encoder gives them; centre: of the standardised features of the cell's rows."""
    head = nn.utils.skip_init(nn.Linear, len(weights), 1, device=weights.device)
    raw = weights / scale
    head.weight.copy_(raw[None])
    head.bias.copy_(level - weights @ centre - raw @ mean.double())
    return head
