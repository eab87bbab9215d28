"""Sets of twelve points on a ring or a cross; women's rings and crosses lie apart from men's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

KNOWN = ("ssl", 0.8)
ERROR = 0.15  # cm; the mean absolute error of naming the median is 0.25
RECIPE = {
    "title": "Rings and crosses", "seed": 0, "data": {"name": "rings"},
    "train": {"epochs": 12, "batch_size": 64, "lr": 5e-3, "knn_every": 12, "checkpoint_every": 12},
    "finetune": {"fractions": [0.25, 1.0], "subset_seeds": 2, "pretrain_seeds": 1,
                 "methods": ["knn", "linear", "lpft"]},
    "projection": {"methods": ["pca"], "dimensions": [2]},
    "attribution": {"examples": 2},
}  # fmt: skip


def write(folder: Path, n: int = 240) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    ring, sex = rng.integers(0, 2, n), rng.choice(["female", "male"], n)
    angle = rng.uniform(0, 2 * np.pi, (n, 12))
    around = np.stack([np.cos(angle), np.sin(angle)], axis=2)
    along, upright = rng.uniform(-1, 1, (n, 12)), rng.integers(0, 2, (n, 12)).astype(bool)
    across = np.stack([np.where(upright, 0, along), np.where(upright, along, 0)], axis=2)
    points = np.where(ring[:, None, None] == 1, around, across) + rng.normal(0, 0.05, (n, 12, 2))
    size = rng.uniform(0.5, 1.5, n)
    np.savez(
        folder / "rings.points.npz",
        points=(points * size[:, None, None]).astype(np.float32),
        shape=np.where(ring == 1, "ring", "cross"),
        size=size.round(3),
        sex=sex,
    )
    path = str(folder / "rings.points.npz")
    return {"name": "rings", "path": path, "kind": "points", "label": "shape", "sensitive": ["sex"]}


def write_number(folder: Path) -> dict[str, Any]:
    """The same sets; what is asked for is their size."""
    return {**write(folder), "label": "size", "target": "number", "unit": "cm"}


def again(folder: Path, rows: list[int]) -> list[Path]:
    np.savez(folder / "new.npz", points=np.load(folder / "rings.points.npz")["points"][rows])
    return [folder / "new.npz"]
