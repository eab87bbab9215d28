"""The examples on which a classifier is explained, whatever the kind of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..attribution._parts import Parts

WRONG_SHARE = 0.25
REMADE_MODELS = 2
REMADE_EXAMPLES = 8  # the randomisation test reads these many examples: it runs every method once more per model


@dataclass(frozen=True)
class Arm:
    """One classifier and the examples on which it is explained; parts: the examples as
    attribution takes them."""

    name: str
    model: nn.Module
    parts: Parts
    rows: list[int]
    labels: list[int]
    predicted: list[int]
    probability: list[float]

    @property
    def target(self) -> Tensor:
        return torch.tensor(self.predicted, device=self.parts.device)


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
