"""End to end: the whole network trained on the labels, early-stopped on validation.

For the supervised baselines it starts from fresh weights and may see as many images (repeats counted) as pretraining
and fine-tuning together did: equal compute. On a pretrained encoder it is plain fine-tuning.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from ..engine.weights import Classifier
from ..registry import Strict
from ._leaves import Left, trained
from ._task import Cell, Prediction, Task
from ._training import fit_cells, step_cap, tune

TITLE = "end to end"
TARGETS = ("class", "event", "number")


class Params(Strict):
    learning_rates: tuple[float, ...] | None = Field(
        None, description="Learning rates tried, the best on validation is used; none: those that suit the data"
    )
    weight_decay: float = Field(1e-4, ge=0, le=1)
    patience: int = Field(3, ge=1, le=10, description="Readings of validation without a better one before it stops")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the learning rate and the step that was kept."""
    if task.encoder is None:
        raise ValueError("end to end: expected an encoder, found none")

    def work(cell: Cell) -> Prediction:
        def start() -> Classifier:
            encoder = task.encoder()
            return Classifier(encoder, task.learning(cell.rows).head(encoder.dim), task.target)

        steps = step_cap(len(cell.rows), task.batch_size, task.image_passes, task.max_steps, task.passes)
        return tune(task, cell, start, "end_to_end", steps, params)

    yield from fit_cells(task, work)


def leaves(task: Task, params: Params) -> Left:
    return trained(fit(task, params))
