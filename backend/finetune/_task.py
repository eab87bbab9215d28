"""What a fine-tuning method is given and what it gives back.

A method is one file of this folder with `Params` and

    fit(task, params) -> iterator of Prediction, one for every cell in `task.wanted`

A cell is one label subset of one arm; a task holds all cells of one arm that start from one pretraining seed. A method
fits each cell on `cell.rows`, picks every hyper-parameter on `task.val` by `task.pick`, and predicts
the validation and test rows. It cannot peek: the labels of the test rows are blanked (-1) before it is called.
A method that fits all cells together does so for `task.cells`, whatever is wanted, so that a study that was killed
and resumed computes the very same numbers. It calls `task.check_stop()` between cells or steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ._metrics import score


@dataclass(frozen=True)
class Cell:
    """One label subset: its fraction, its subset seed and its rows of the data set (int64, ascending)."""

    fraction: float
    subset_seed: int
    rows: np.ndarray


@dataclass(frozen=True)
class Prediction:
    """Class probabilities of one fitted cell, float32 rows x K, and what validation chose."""

    cell: Cell
    method: str
    val: np.ndarray
    test: np.ndarray
    chosen: dict[str, Any]
    classifier: nn.Module | None = None


@dataclass(frozen=True)
class Task:
    """labels: int64 N, -1 where missing and for every test row; images: uint8 N x C x H x W on the device;
    features: float32 N x d on the device, None for methods that train the encoder; val, test: int64 rows;
    encoder: gives a fresh copy of the arm's encoder; augmentation: None for plain images;
    steps: cap on optimiser steps; seed: the pretraining (or initialisation) seed of the arm."""

    cells: tuple[Cell, ...]
    wanted: tuple[Cell, ...]
    labels: np.ndarray
    val: np.ndarray
    test: np.ndarray
    classes: int
    metric: str
    images: Tensor
    device: torch.device
    features: Tensor | None = None
    encoder: Callable[[], nn.Module] | None = None
    augmentation: Callable[..., Tensor] | None = None
    steps: int = 0
    batch_size: int = 256
    seed: int = 0
    check_stop: Callable[[], None] = field(default=lambda: None)

    @property
    def val_labels(self) -> np.ndarray:
        return self.labels[self.val]

    def quality(self, probabilities: np.ndarray) -> tuple[float, float]:
        """How good validation probabilities are: (metric, minus the log loss, which breaks ties)."""
        value = score(self.val_labels, probabilities)[self.metric]
        own = probabilities[np.arange(len(self.val)), self.val_labels]
        return (-1.0 if value is None else value), float(np.log(np.maximum(own, 1e-12)).mean())

    def pick(self, candidates: list[np.ndarray]) -> int:
        """Index of the candidate with the best validation probabilities; the first of equals."""
        return max(range(len(candidates)), key=lambda i: (self.quality(candidates[i]), -i))

    def local(self, rows: np.ndarray) -> Tensor:
        """Row numbers as an index tensor on the device."""
        return torch.as_tensor(rows, dtype=torch.int64, device=self.device)
