"""What the classical models share: answers over all classes, though a label subset may lack some."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._task import Cell, Prediction, Task


def over_all_classes(probabilities: np.ndarray, present: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities of the classes in `present`, M x P -> float32 M x K, zeros for the classes never seen."""
    out = np.zeros((len(probabilities), classes), dtype=np.float32)
    out[:, present] = probabilities
    return out


def one_class_only(task: Task, cell: Cell, label: int, chosen: dict[str, Any]) -> Prediction:
    """What a subset of a single class can teach: that class, for every row."""
    alone = np.zeros(task.classes, dtype=np.float32)
    alone[label] = 1
    return Prediction(cell, np.tile(alone, (len(task.val), 1)), np.tile(alone, (len(task.test), 1)), chosen)
