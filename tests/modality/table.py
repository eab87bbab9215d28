"""A small table of loans: whoever owes more than a fifth of the income defaults; women earn less here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

KNOWN = ("ssl", 0.8)
ERROR = 0.2  # of 1,000 EUR; the mean absolute error of naming the median is about 0.45
RECIPE = {
    "title": "Loans that default", "seed": 0, "data": {"name": "ledger"},
    "train": {"epochs": 8, "batch_size": 64, "lr": 3e-3, "knn_every": 8, "checkpoint_every": 8},
    "encoder": {"name": "mlp", "width": 48, "layers": 2},
    "finetune": {"fractions": [0.25, 1.0], "subset_seeds": 2, "pretrain_seeds": 1, "max_steps": 100,
                 "methods": ["knn", "linear", "lpft"], "baselines": ["scratch_aug", "random", "classical"]},
    "projection": {"methods": ["pca"], "dimensions": [2]},
    "attribution": {"methods": ["column_integrated_gradients", "column_ablation"], "examples": 4},
}  # fmt: skip


def write(folder: Path, n: int = 320) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    sex = rng.choice(["female", "male"], n)
    income = rng.gamma(6, 0.5, n) + np.where(sex == "male", 1.0, 0.0)
    debt = income * rng.uniform(0, 0.4, n)
    frame = pd.DataFrame(
        {
            "income": income.round(3),
            "debt": debt.round(3),
            "region": rng.choice(["north", "south", "east", "west"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "opened": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1500, n), unit="D"),
            "age": np.where(rng.random(n) < 0.1, np.nan, rng.integers(18, 80, n)),
            "sex": sex,
            "default": np.where(debt > 0.2 * income, "yes", "no"),
        }
    )
    path = folder / "ledger.csv"
    frame.to_csv(path, index=False, date_format="%Y-%m-%d")
    return {"name": "ledger", "path": str(path), "kind": "table", "label": "default", "sensitive": ["sex"]}


def write_number(folder: Path) -> dict[str, Any]:
    """The same table; what is asked for is the debt."""
    return {**write(folder), "label": "debt", "target": "number", "unit": "1000 EUR"}


def again(folder: Path, rows: list[int]) -> list[Path]:
    header, *lines = (folder / "ledger.csv").read_text().splitlines()
    (folder / "new.csv").write_text("\n".join([header, *(lines[row] for row in rows)]) + "\n")
    return [folder / "new.csv"]
