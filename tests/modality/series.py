"""A few pumps: the vibration of one that is about to fail grows; one site's pumps are louder. Readings every hour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

KNOWN = ("ssl", 0.7)
ERROR = 8.0  # hours; the mean absolute error of naming the median is about 16
STEPS = 8
RECIPE = {
    "title": "Pumps that fail", "seed": 0, "data": {"name": "pumps"},
    "train": {"epochs": 3, "batch_size": 64, "lr": 3e-3, "knn_every": 8, "checkpoint_every": 8},
    "encoder": {"name": "tcn", "width": 16, "dim": 24, "layers": 2},
    "pretext": {"name": "masked_patches", "steps": 2},
    "finetune": {"fractions": [0.25, 1.0], "subset_seeds": 2, "pretrain_seeds": 1, "max_steps": 40,
                 "methods": ["knn", "linear", "lpft"], "baselines": ["scratch_aug", "random", "classical"]},
    "projection": {"methods": ["pca"], "dimensions": [2]},
    "attribution": {"methods": ["window_integrated_gradients", "window_ablation"], "examples": 4},
}  # fmt: skip


def readings(units: int = 24) -> pd.DataFrame:
    rng, parts = np.random.default_rng(0), []
    for unit in range(units):
        life, site = int(rng.integers(40, 70)), ("north", "south")[unit % 2]
        hour = np.arange(life)
        left = life - 1 - hour
        wear = np.clip(1 - left / 25, 0, None)
        parts.append(
            pd.DataFrame(
                {
                    "pump": f"P{unit:02d}",
                    "taken": pd.Timestamp("2025-01-01") + pd.to_timedelta(hour + 100 * unit, unit="h"),
                    "vibration": (rng.normal(0, 0.15, life) + wear + 0.2 * (site == "south")).round(4),
                    "pressure": (rng.normal(5, 1, life) - 0.5 * wear).round(4),
                    "load": np.sin(hour / 4).round(4),
                    "site": site,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def write(folder: Path) -> dict[str, Any]:
    path = folder / "pumps.csv"
    readings().to_csv(path, index=False, date_format="%Y-%m-%d %H:%M:%S")
    asked = {"target": "event", "horizon": 10, "unit": "hours", "window": STEPS, "stride": 2}
    return {"name": "pumps", "path": str(path), "kind": "series", "split_by": "pump", "sensitive": ["site"], **asked}


def write_number(folder: Path) -> dict[str, Any]:
    """The same pumps; what is asked for is how many hours they have left, at most 40."""
    asked = {key: value for key, value in write(folder).items() if key != "horizon"}
    return {**asked, "target": "number", "cap": 40}


def again(folder: Path, rows: list[int]) -> list[Path]:
    """A file in which each of these windows is a unit of its own."""
    every, windows = pd.read_csv(folder / "pumps.csv"), []
    for _, unit in every.groupby("pump", sort=False):
        ends = range(len(unit) - 1, STEPS - 2, -2)
        windows += [unit.iloc[end - STEPS + 1 : end + 1] for end in reversed(ends)]
    chosen = [windows[row].assign(pump=f"window {place}") for place, row in enumerate(rows)]
    pd.concat(chosen).to_csv(folder / "new.csv", index=False)
    return [folder / "new.csv"]
