"""LP-FT: a linear probe first, then the whole network fine-tuned from it, early-stopped on validation.

Starting from the probe instead of a random head keeps the first steps from distorting the pretrained features (Kumar et
al. 2022, arXiv 2202.10054). BatchNorm statistics are recalibrated on the labelled images. The probe itself is among
the candidates, so that fine-tuning that does harm on validation is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

from pydantic import Field

from ..engine.weights import Classifier
from ..registry import Strict
from . import linear
from ._task import Cell, Prediction, Task
from ._training import fit_cells, tune

KINDS = ("image", "text")


class Params(Strict):
    learning_rates: tuple[float, ...] = Field(
        (2e-4, 1e-3), description="Learning rates tried; the best on validation is used", min_length=1
    )
    weight_decay: float = Field(1e-4, ge=0, le=1)
    steps: int = Field(120, ge=1, le=100_000, description="Fine-tuning steps at most")
    patience: int = Field(3, ge=1, le=10, description="Readings of validation without a better one before it stops")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds penalty, rate and step (0: the probe was kept)."""
    if task.encoder is None:
        raise ValueError("LP-FT: expected an encoder, found none")
    probes = {cell: (head, penalty) for cell, head, penalty in linear.probes(task, linear.Params())}
    steps = min(params.steps, task.max_steps or params.steps)

    def work(cell: Cell) -> Prediction:
        head, penalty = probes[cell]

        def start() -> Classifier:
            return Classifier(task.encoder(), deepcopy(head))

        tuned = tune(task, cell, start, steps, params)
        chosen = {**tuned.chosen, "penalty": penalty}
        val = linear.predict(task, head, task.val)
        if task.pick([val, tuned.val]) == 1:
            return Prediction(cell, tuned.val, tuned.test, chosen, tuned.classifier)
        test = linear.predict(task, head, task.test)
        return Prediction(cell, val, test, {**chosen, "step": 0}, start().to(task.device).eval())

    yield from fit_cells(task, work)
