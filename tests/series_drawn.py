"""Windows of sensor series with a known answer, as methods of `finetune` are given them: no data set is registered."""

from __future__ import annotations

import numpy as np
import torch

from backend.encoders._series import Readings, Windows
from backend.finetune._task import Cell, Task

CHANNELS, LENGTH, UNITS, EACH = 3, 24, 60, 6
SPLITS = {"train": (0, 36), "val": (36, 48), "test": (48, 60)}  # units


def windows(values: np.ndarray, age: np.ndarray | None = None) -> Windows:
    """Windows n x C x L (NaN: no reading), each of a unit of its own, none overlapping another."""
    count, channels, length = values.shape
    readings = torch.from_numpy(
        np.ascontiguousarray(values.transpose(0, 2, 1)).reshape(-1, channels).astype(np.float32)
    )
    begins = torch.arange(count) * length
    of = torch.stack([begins, begins + length, torch.arange(count), torch.full((count,), length - 1)], dim=1)
    places = torch.arange(length).repeat(count)
    age = np.arange(count, dtype=np.float64) if age is None else age
    return Windows(Readings(readings, places, {"channels": channels, "length": length}), of, age, age)


def drawn(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(values float32 n x C x L, level float64 n, age float64 n) of EACH windows of each unit.

    The level is how strongly the first channel swings with a period of three steps; the second channel wanders, the
    third has gaps. The age rises with the level within a unit, but units begin at any age."""
    rng = np.random.default_rng(seed)
    count = UNITS * EACH
    level = np.tile(np.arange(EACH) / EACH, UNITS) * 2 + 0.1 * rng.random(count)
    age = np.tile(np.arange(EACH), UNITS) * 5.0 + np.repeat(rng.integers(0, 30, UNITS), EACH)
    values = rng.normal(size=(count, CHANNELS, LENGTH))
    step = np.arange(LENGTH)
    values[:, 0] += 2 * level[:, None] * np.sin(2 * np.pi * step / 3 + rng.uniform(0, 6, (count, 1)))
    values[:, 1] = values[:, 1].cumsum(1) / 4
    values[:, 2][rng.random((count, LENGTH)) < 0.2] = np.nan
    values[:2, 2] = np.nan
    return values.astype(np.float32), level, age


def series_task(target: str = "class", metric: str = "accuracy", fractions=(0.25, 1.0), subsets: int = 2) -> Task:
    """Whether the level is in its upper third ("event", "class"), or the level itself; label subsets are of units."""
    values, level, age = drawn()
    answers = level if target == "number" else (level > 1.2).astype(np.int64)
    unit = np.repeat(np.arange(UNITS), EACH)
    rows = {split: np.flatnonzero((unit >= first) & (unit < end)) for split, (first, end) in SPLITS.items()}
    labels = answers.astype(np.float64 if target == "number" else np.int64)
    labels[rows["test"]] = np.nan if target == "number" else -1
    cells = []
    for subset in range(subsets):
        order = np.random.default_rng(subset).permutation(SPLITS["train"][1])
        cells += [Cell(f, subset, np.flatnonzero(np.isin(unit, order[: round(f * len(order))]))) for f in fractions]
    return Task(
        cells=tuple(cells),
        wanted=tuple(cells),
        labels=labels,
        **rows,
        classes=0 if target == "number" else 2,
        metric=metric,
        inputs=windows(values, age),
        device=torch.device("cpu"),
        target=target,
        features=torch.from_numpy(np.nan_to_num(np.abs(values)).mean(2)),
    )


def truth(task: Task) -> np.ndarray:
    """The truth of the test rows, which the task blanks."""
    _, level, _ = drawn()
    return level[task.test] if task.target == "number" else (level[task.test] > 1.2).astype(np.int64)
