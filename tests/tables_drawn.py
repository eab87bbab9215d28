"""A small table with a known answer, as methods of `finetune` are given it: no data set is registered."""

from __future__ import annotations

import numpy as np
import torch

from backend.encoders._table import Records
from backend.finetune._task import Cell, Task

LETTERS = "abcdef"
SPLITS = {"train": (0, 400), "val": (400, 600), "test": (600, 900)}
DESCRIBED = [
    {
        "name": "size",
        "column": "size",
        "kind": "number",
        "mean": 10.0,
        "std": 4.0,
        "edges": [-2.0, 0.0, 2.0],
        "missing": 0,
    },
    {
        "name": "age",
        "column": "age",
        "kind": "number",
        "mean": 40.0,
        "std": 9.0,
        "edges": [-2.0, 0.0, 2.0],
        "missing": 40,
    },
    {"name": "kind", "column": "kind", "kind": "category", "values": list(LETTERS), "missing": 20},
    {"name": "noise", "column": "noise", "kind": "number", "mean": 0.0, "std": 1.0, "edges": [-2.0, 2.0], "missing": 0},
]


def drawn(seed: int = 0, rows: int = 900) -> tuple[np.ndarray, np.ndarray]:
    """(records float32 N x 4, level float64 N): the level rises with the size, is high where the age lies near its
    middle, higher where it is missing, and differs between kinds; the noise column says nothing."""
    rng = np.random.default_rng(seed)
    size, age, noise = rng.normal(size=(3, rows))
    kind = rng.integers(1, len(LETTERS) + 1, rows).astype(np.float64)
    level = 1.5 * size + 1.5 * (np.abs(age) < 0.7) + np.array([0, -2, 2, 0, 1, -1])[kind.astype(int) - 1]
    gone = rng.random(rows) < 0.1
    level = np.where(gone, level + 2, level)
    age, kind = np.where(gone, np.nan, age), np.where(rng.random(rows) < 0.05, np.nan, kind)
    return np.stack([size, age, kind, noise], axis=1).astype(np.float32), level + 0.3 * rng.normal(size=rows)


def table_task(target: str = "class", metric: str = "accuracy", fractions=(0.1, 0.5), subsets: int = 2) -> Task:
    """A task of one of the targets: whether the level is above 1, the level itself, or in which third it lies
    ("thirds")."""
    records, level = drawn()
    answers = {"number": level, "thirds": np.digitize(level, [0.0, 2.0])}.get(target, (level > 1).astype(np.int64))
    rows = {split: np.arange(*ends) for split, ends in SPLITS.items()}
    labels = answers.astype(np.float64 if target == "number" else np.int64)
    labels[rows["test"]] = np.nan if target == "number" else -1
    cells = []
    for subset in range(subsets):
        order = np.random.default_rng(subset).permutation(rows["train"])
        cells += [Cell(f, subset, np.sort(order[: round(f * len(order))])) for f in fractions]
    return Task(
        cells=tuple(cells),
        wanted=tuple(cells),
        labels=labels,
        **rows,
        classes={"number": 0, "thirds": 3}.get(target, 2),
        metric=metric,
        inputs=Records(torch.from_numpy(records), DESCRIBED),
        device=torch.device("cpu"),
        target="class" if target == "thirds" else target,
    )
