"""A table's columns as models without a network read them, and what these models share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from ..encoders._table import Records
from ._task import Cell, Prediction, Task, fit_once

MANY = 50_000  # rows from which on several threads are worth it


@dataclass(frozen=True)
class Columns:
    """The columns of every row, wherever they lie: `values` N x F as stored (backend/modality/table/features.py: NaN
    where missing, categories as codes), `described` what each is, `beside` N x d further numbers or None."""

    values: Tensor
    described: list[dict[str, Any]]
    beside: Tensor | None = None

    @property
    def categories(self) -> np.ndarray:
        """bool F + d: whether a column holds codes of a category."""
        further = [] if self.beside is None else [False] * self.beside.shape[1]
        return np.array([one["kind"] == "category" for one in self.described] + further)

    def of(self, rows: np.ndarray) -> np.ndarray:
        """float32 rows x (F + d), in memory."""
        parts = [_taken(part, rows) for part in (self.values, self.beside) if part is not None]
        return np.concatenate(parts, axis=1, dtype=np.float32)


def columns(task: Task, method: str, beside: Tensor | None = None) -> Columns:
    """Raises ValueError where the task holds no table."""
    if not isinstance(task.inputs, Records):
        raise ValueError(f"{method}: expected the columns of a table, found none")
    return Columns(task.inputs.values, list(task.inputs.described), beside)


def fit_limited(task: Task, work: Callable[[Cell], Prediction]) -> Iterator[Prediction]:
    """As `_task.fit_once`, each on as many threads as its rows are worth."""

    def limited(cell: Cell) -> Prediction:
        with threadpool_limits(threads(len(cell.rows))):
            return work(cell)

    yield from fit_once(task, limited)


def threads(rows: int) -> int:
    """How many threads a library other than torch takes: as many as torch where rows are many, else one. Threads of
    little work spend their time waiting for one another."""
    return torch.get_num_threads() if rows >= MANY else 1


def _taken(values: Tensor, rows: np.ndarray) -> np.ndarray:
    return values[torch.as_tensor(rows, device=values.device)].cpu().numpy()
