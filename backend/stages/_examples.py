"""The examples on which a classifier is explained, whatever the kind of data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..attribution._answers import Answered
from ..attribution._parts import Parts
from ..data.dataset import Dataset
from ..targets import target

WRONG_SHARE = 0.25
REMADE_MODELS = 2
REMADE_EXAMPLES = 8  # the randomisation test reads these many examples: it runs every method once more per model


@dataclass(frozen=True)
class Arm:
    """One classifier and the examples on which it is explained; parts: the examples as
    attribution takes them. labels: what is true of them; predicted: classes or numbers; probability: of the predicted
    class, None of a number; index: which output is explained, where that is not the predicted class."""

    name: str
    model: nn.Module
    parts: Parts
    rows: list[int]
    labels: list[Any]
    predicted: list[Any]
    probability: list[float | None]
    index: list[int] | None = field(default=None, kw_only=True)

    @property
    def target(self) -> Tensor:
        """int64 n: the output that is explained"""
        return torch.tensor(self.predicted if self.index is None else self.index, device=self.parts.device)


def known_rows(dataset: Dataset) -> np.ndarray:
    """The test rows whose truth is known, int64, ascending."""
    rows = dataset.rows("test")
    return rows[target(dataset.target).known(dataset.truth[rows])]


def choose_rows(dataset: Dataset, rows: np.ndarray, answers: Answered, count: int, seed: int) -> list[int]:
    """At most `count` of the rows, as `choose_examples` does; of a number, bins take the place of classes, and the
    quarter of the rows with the largest errors that of wrong predictions."""
    truth = dataset.truth[rows]
    labels = target(dataset.target).strata(truth)
    guess = np.asarray(answers.predicted)
    if answers.number:
        error = np.abs(guess - truth)
        guess = np.where(error > np.quantile(error, 1 - WRONG_SHARE), -1, labels)
    return rows[choose_examples(labels, guess, count, seed)].tolist()


def choose_examples(labels: np.ndarray, predicted: np.ndarray, count: int, seed: int) -> list[int]:
    """At most `count` positions, ascending: classes in equal parts, a quarter of each wrongly predicted if possible.

    labels, predicted: int64 N. Deterministic given the seed; a class that runs short leaves its places to the others.
    """
    rng = np.random.default_rng(seed)
    queues = []
    for label in np.unique(labels):
        of_class = rng.permutation(np.flatnonzero(labels == label))
        wrong = [i for i in of_class if predicted[i] != label]
        right = [i for i in of_class if predicted[i] == label]
        every = round(1 / WRONG_SHARE)
        queue = []
        while right or wrong:
            from_wrong = wrong and (len(queue) % every == every - 1 or not right)
            queue.append((wrong if from_wrong else right).pop(0))
        queues.append(queue)
    chosen: list[int] = []
    turn = 0
    while len(chosen) < min(count, len(labels)):
        queue = queues[turn % len(queues)]
        if queue:
            chosen.append(int(queue.pop(0)))
        turn += 1
    return sorted(chosen)


def examples(arm: Arm) -> dict[str, Any]:
    """What every event of an arm says of its examples."""
    return {
        "arm": arm.name,
        "target": "predicted",
        "rows": arm.rows,
        "label": arm.labels,
        "predicted": arm.predicted,
        "probability": arm.probability,
    }
