"""End to end: the whole network trained on the labels, early-stopped on validation.

For the supervised baselines it starts from fresh weights and may see as many images (repeats counted) as pretraining
and fine-tuning together did: equal compute. On a pretrained encoder it is plain fine-tuning.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from pydantic import Field
from torch import nn

from ..engine.weights import Classifier
from ..registry import Strict
from ._task import Cell, Prediction, Task
from ._training import best_rate, step_cap, train


class Params(Strict):
    learning_rates: tuple[float, ...] = Field(
        (1e-3, 4e-3), description="Learning rates tried; the best on validation is used", min_length=1
    )
    weight_decay: float = Field(1e-4, ge=0, le=1)
    epochs: int = Field(200, ge=1, le=10_000, description="Passes over the labelled images at most")
    patience: int = Field(3, ge=1, le=10, description="Readings of validation without a better one before it stops")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the learning rate and the step that was kept."""
    if task.encoder is None:
        raise ValueError("end to end: expected an encoder, found none")
    for cell in task.wanted:
        steps = step_cap(len(cell.rows), task.batch_size, task.image_passes, params.epochs, task.max_steps)

        def attempt(rate: float, cell: Cell = cell, steps: int = steps) -> tuple[nn.Module, dict[str, Any]]:
            encoder = task.encoder()
            head = nn.Linear(encoder.dim, task.classes)
            with torch.no_grad():
                head.weight.zero_()
                head.bias.zero_()
            classifier = Classifier(encoder, head).to(task.device)
            decay, patience = params.weight_decay, params.patience
            return classifier, train(
                task, cell, classifier, steps=steps, lr=rate, weight_decay=decay, patience=patience
            )

        yield best_rate(task, cell, params.learning_rates, attempt)
