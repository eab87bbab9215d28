"""How the methods that train an encoder share their budget, their batches and their choice of a learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from ..engine.seeds import derive
from ..engine.supervised import predict, train_classifier
from ._task import Cell, Prediction, Task

SMALLEST_BATCH = 32
BATCHES_PER_EPOCH = 16


def batch_size(rows: int, largest: int) -> int:
    """About sixteen batches an epoch, between 32 and `largest` images each; never more than there are."""
    return min(rows, largest, max(SMALLEST_BATCH, rows // BATCHES_PER_EPOCH))


def step_cap(rows: int, largest: int, image_passes: int, epochs: int, max_steps: int) -> int:
    """Optimiser steps at most: within `image_passes`, `epochs` over the rows and `max_steps` (0: no such cap)."""
    batch = batch_size(rows, largest)
    steps = min(image_passes // batch, epochs * max(1, rows // batch))
    return max(1, min(steps, max_steps) if max_steps else steps)


def best_rate(
    task: Task, cell: Cell, rates: tuple[float, ...], train: Callable[[float], tuple[nn.Module, dict[str, Any]]]
) -> Prediction:
    """Train with each learning rate and keep the best on validation.

    The rate is searched in the first cell of an arm and fraction and settled for the others (`task.settled`): the
    search sees validation only, and costs the study one extra training a fraction instead of one a cell.
    """
    settled = task.settled.get(cell.fraction)
    rates = (settled["lr"],) if settled else rates
    tried = []
    for rate in rates:
        classifier, chosen = train(rate)
        tried.append(
            (classifier, {"lr": rate, **chosen}, predict(classifier, task.images[task.index(task.val)], task.device))
        )
    classifier, chosen, val = tried[task.pick([val for *_, val in tried])]
    test = predict(classifier, task.images[task.index(task.test)], task.device)
    task.settled.setdefault(cell.fraction, chosen)
    return Prediction(cell, val, test, chosen, classifier)


def train(
    task: Task, cell: Cell, classifier: nn.Module, *, steps: int, lr: float, weight_decay: float, patience: int
) -> dict[str, Any]:
    """Train in place on the cell's rows, early-stopped on validation; what the ledger should know of it."""
    rows, val = task.index(cell.rows), task.index(task.val)
    batch = batch_size(len(cell.rows), task.batch_size)
    history = train_classifier(
        classifier,
        task.images[rows],
        task.index(task.labels[cell.rows]),
        task.images[val],
        task.index(task.val_labels),
        augmentation=task.augmentation,
        steps=steps,
        lr=lr,
        weight_decay=weight_decay,
        seed=derive("study", task.seed, cell.subset_seed),
        batch_size=batch,
        device=task.device,
        patience=patience,
        check_stop=task.check_stop,
        score=task.value,
    )
    return {"step": history.best.step, "steps_run": history.steps, "batch_size": batch}
