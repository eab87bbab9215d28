"""How the methods that train an encoder share their budget, their batches, their tuning and the machine's cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import torch

from ..engine.seeds import derive
from ..engine.supervised import draws_itself, predict, train_classifier
from ..engine.weights import Classifier
from ._task import Cell, Prediction, Task

SMALLEST_BATCH = 32
BATCHES_PER_EPOCH = 32
FEWEST_STEPS = 400  # that passes over few rows come to


class Tuning(Protocol):
    """The parameters that every training method has."""

    learning_rates: tuple[float, ...] | None
    weight_decay: float
    patience: int


def batch_size(rows: int, largest: int) -> int:
    """About 32 batches an epoch, between 32 and `largest` images each; never more than there are."""
    return min(rows, largest, max(SMALLEST_BATCH, rows // BATCHES_PER_EPOCH))


def step_cap(rows: int, largest: int, image_passes: int, max_steps: int, passes: int = 0) -> int:
    """Optimiser steps at most: within `image_passes` images seen, `max_steps` and `passes` over the rows (0: no such
    cap).

    Of images and texts passes are not capped: a network that must learn a feature from 28 images needs as many steps as
    one that has thousands, and stopping it after some epochs would make a weak baseline of it. A network on the columns
    of a table has learnt what it can after some, and a schedule that is longer has it overfit at a high rate.
    """
    batch = batch_size(rows, largest)
    steps = max(1, image_passes // batch)
    steps = min(steps, max(FEWEST_STEPS, passes * rows // batch)) if passes else steps
    return min(steps, max_steps) if max_steps else steps


def fit_cells(task: Task, work: Callable[[Cell], Prediction], alone: bool = False) -> Iterator[Prediction]:
    """`work` on every wanted cell; on a CPU as many cells at once as torch has threads, each on one of them.

    Networks of this size cannot keep two cores busy, two networks can. A cell's numbers do not depend on how many
    run beside it. The cells that settle a fraction's learning rate come first. alone: one at a time in any case.
    """
    longest_first = sorted(task.wanted, key=lambda cell: -len(cell.rows))  # so that no core waits for a long last one
    settling = {cell.fraction: cell for cell in reversed(longest_first) if cell.fraction not in task.settled}
    first = [cell for cell in longest_first if settling.get(cell.fraction) is cell]
    rest = [cell for cell in longest_first if settling.get(cell.fraction) is not cell]
    # torch's own dropout draws from a generator that threads share: such cells go one by one
    alone = alone or task.device.type != "cpu" or (task.encoder is not None and draws_itself(task.encoder()))
    threads = 1 if alone else torch.get_num_threads()
    if threads == 1:
        yield from map(work, first + rest)
        return
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield from pool.map(work, first)
        yield from pool.map(work, rest)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)


def tune(
    task: Task,
    cell: Cell,
    start: Callable[[], Classifier],
    method: str,
    steps: int,
    params: Tuning,
    finish: Callable[[Classifier], Classifier] = lambda trained: trained,
) -> Prediction:
    """Train from `start()` with each learning rate and keep the best on validation, after `finish`.

    method: whose rates of `task.rates` are tried where the parameters name none.
    The rate is searched in the first cell of an arm and fraction and settled for the others (`task.settled`): the
    search sees validation only, and costs the study one extra training a fraction instead of one a cell.
    """
    settled = task.settled.get(cell.fraction)
    tried = []
    rates = params.learning_rates or task.rates[method]
    for rate in (settled["lr"],) if settled else rates:
        classifier = start().to(task.device)
        chosen = {"lr": rate, **_train(task, cell, classifier, steps, rate, params)}
        classifier = finish(classifier)
        tried.append((classifier, chosen, answers(task, classifier, task.val)))
    classifier, chosen, val = tried[task.pick([val for *_, val in tried])]
    task.settled.setdefault(cell.fraction, chosen)
    return Prediction(cell, val, answers(task, classifier, task.test), chosen, classifier)


def answers(task: Task, classifier: Classifier, rows: np.ndarray) -> np.ndarray:
    """What a finished classifier says of the rows, float32 rows x K."""
    return predict(classifier, task.inputs[task.index(rows)], task.device)


def _train(task: Task, cell: Cell, classifier: Classifier, steps: int, rate: float, params: Tuning) -> dict[str, Any]:
    """Train in place on the cell's rows, early-stopped on validation; what the ledger should know of it."""
    rows, val, learning = task.index(cell.rows), task.index(task.val), task.learning(cell.rows)
    batch = batch_size(len(cell.rows), task.batch_size)
    learning.begin(classifier.head)
    history = train_classifier(
        classifier,
        task.inputs[rows],
        task.labels[cell.rows],
        task.inputs[val],
        task.val_labels,
        augmentation=task.augmentation,
        steps=steps,
        lr=rate,
        weight_decay=params.weight_decay,
        seed=derive("study", task.seed, cell.subset_seed),
        batch_size=batch,
        device=task.device,
        patience=params.patience,
        check_stop=task.check_stop,
        score=task.value,
        weights=task.floats(task.row_weights(cell.rows, task.balanced)),
        learning=learning,
    )
    learning.end(classifier.head)
    return {"step": history.best.step, "steps_run": history.steps, "batch_size": batch}
