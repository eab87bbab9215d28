"""What LP-FT and LoRA share: a linear probe first, training from it, the better of the two on validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy

from torch import nn

from ..engine.weights import Classifier
from . import linear
from ._task import Cell, Prediction, Task
from ._training import Tuning, fit_cells, tune


def fit_from_probe(
    task: Task,
    method: str,
    steps: int | None,
    params: Tuning,
    adapt: Callable[[Cell, nn.Module], nn.Module] = lambda cell, encoder: encoder,
    finish: Callable[[Classifier], Classifier] = lambda trained: trained,
    alone: bool = False,
) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds what the probe chose, rate and step (0: the probe was
    kept).

    steps: None for those that suit the data; adapt: makes the encoder ready for training, finish: turns what
    was trained into a plain classifier; alone: one cell at a time. Raises ValueError without an encoder.
    """
    if task.encoder is None:
        raise ValueError(f"{method}: expected an encoder, found none")
    probes = {cell: (head, chosen) for cell, head, chosen in linear.probes(task, linear.Params())}
    most = steps or task.tuning_steps
    most = min(most, task.max_steps or most)

    def work(cell: Cell) -> Prediction:
        head, of_probe = probes[cell]

        def start() -> Classifier:
            return Classifier(adapt(cell, task.encoder()), deepcopy(head), task.target)

        tuned = tune(task, cell, start, method, most, params, finish)
        chosen = {**tuned.chosen, **of_probe}
        val = linear.predict(task, head, task.val)
        if task.pick([val, tuned.val]) == 1:
            return Prediction(cell, tuned.val, tuned.test, chosen, tuned.classifier)
        test, kept = linear.predict(task, head, task.test), Classifier(task.encoder(), deepcopy(head), task.target)
        return Prediction(cell, val, test, {**chosen, "step": 0}, kept.to(task.device).eval())

    yield from fit_cells(task, work, alone)
