"""Columns as models without a network read them, of a table or of windows of series, and what these models share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from ..encoders._series import Windows
from ..encoders._table import Records
from ._task import Cell, Prediction, Task, fit_once
from ._window_statistics import statistics

MANY = 50_000  # rows from which on several threads are worth it
READ = 4_096  # windows that are read at a time


@dataclass(frozen=True)
class Columns:
    """The columns of every row, wherever they lie: `values` N x F as stored (backend/modality/table/features.py: NaN
    where missing, categories as codes), `described` what each is, `beside` N x d further numbers or None."""

    values: Tensor | Windows
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


@dataclass(frozen=True)
class WindowColumns(Columns):
    """Columns of windows, made when they are asked for: `told` gives float32 n x F of windows n x C x L."""

    told: Callable[[Tensor], Tensor] = statistics
    check_stop: Callable[[], None] = lambda: None

    def of(self, rows: np.ndarray) -> np.ndarray:
        parts = []
        for start in range(0, max(1, len(rows)), READ):
            self.check_stop()
            parts.append(self.told(self.values[rows[start : start + READ]].input).cpu().numpy())
        found = np.concatenate(parts)
        return found if self.beside is None else np.concatenate([found, _taken(self.beside, rows)], axis=1)


def columns(task: Task, method: str, beside: Tensor | None = None) -> Columns:
    """A table's columns, of windows of series the statistics of each channel. Raises ValueError where the task holds
    neither."""
    if isinstance(task.inputs, Windows):
        return of_windows(task, method, statistics, beside)
    if not isinstance(task.inputs, Records):
        raise ValueError(f"{method}: expected the columns of a table or windows of series, found none")
    return Columns(task.inputs.values, list(task.inputs.described), beside)


def of_windows(
    task: Task, method: str, told: Callable[[Tensor], Tensor], beside: Tensor | None = None
) -> WindowColumns:
    """What `told` says of windows, all of them numbers. Raises ValueError where the task holds none."""
    examples = windows(task, method)
    count = told(examples[:1].input).shape[1]
    return WindowColumns(examples, [{"kind": "number"}] * count, beside, told, task.check_stop)


def windows(task: Task, method: str) -> Windows:
    """Raises ValueError where the task holds no windows of series."""
    if not isinstance(task.inputs, Windows):
        raise ValueError(f"{method}: expected windows of series, found none")
    return task.inputs


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
