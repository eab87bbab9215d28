"""A small table as pretext tasks and encoders of tables see it: what its features mean, and rows of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from backend.data.dataset import Dataset
from backend.modality.table import features
from backend.workspace.artefacts import Artefacts


def described() -> list[dict[str, Any]]:
    """Two numbers, one of which has gaps, three categories, and a date with its weekday."""
    steps = [round(x, 3) for x in np.linspace(-2, 2, 17)]
    number = {"kind": "number", "mean": 0.0, "std": 1.0, "edges": steps, "missing": 0, "date": False, "whole": False}

    def category(name: str, values: int, column: str = "") -> dict[str, Any]:
        told = [f"{name}{i}" for i in range(values)]
        return {"name": name, "column": column or name, "kind": "category", "values": told, "missing": 0}

    return [
        {"name": "income", "column": "income", **number},
        category("job", 5),
        {"name": "age", "column": "age", **number},
        category("sex", 2),
        {"name": "day", "column": "day", **number, "date": True},
        category("day: weekday", 7, "day"),
        category("town", 20),
    ]


def records(rows: int = 64, seed: int = 0) -> Tensor:
    """float32 rows x 7; age has gaps. Income follows the job, town the sex."""
    draw = np.random.default_rng(seed)
    job, sex, day = draw.integers(1, 6, rows), draw.integers(1, 3, rows), draw.normal(size=rows)
    age = draw.normal(size=rows)
    age[draw.random(rows) < 0.2] = np.nan
    income = 0.6 * (job - 3) + 0.2 * draw.normal(size=rows)
    town = sex * 8 + draw.integers(0, 4, rows)
    found = [income, job, age, sex, day, 1 + np.floor(3.5 * np.abs(day)) % 7, town]
    return torch.from_numpy(np.stack(found, axis=1).astype(np.float32))


def spec(name: str, **params: Any) -> dict[str, Any]:
    """How an encoder of such a table is built (backend/engine/weights.py)."""
    told = {"modality": "table", "arguments": [features.arguments(described())], "classes": ["no", "yes"]}
    return {"encoder": {"name": name, **params}, **told}


def make_dataset(artefacts: Artefacts, rows: int = 400, seed: int = 0) -> Dataset:
    """The table as a registered data set; "yes" is a job of the upper three, by whose number the income goes."""
    values = records(rows, seed)
    table = {
        "row": np.arange(rows),
        "split": np.repeat(["train", "val", "test"], [rows - 2 * (rows // 4), rows // 4, rows // 4]),
        "label": (values[:, 1] > 2).long().numpy(),
        "sex": np.where(values[:, 3] > 1, "male", "female"),
    }
    put = {
        "records": artefacts.put_arrays("records", {"records": values.numpy()}),
        "features": artefacts.put_json("features", {"features": described()}),
        "table": artefacts.put_table("table", pa.table(table)),
        "sheet": artefacts.put_json("sheet", {"warnings": []}),
    }
    return Dataset(
        {
            "name": "people",
            "kind": "table",
            "digest": "2" * 64,
            **{name: {"sha256": saved.sha256} for name, saved in put.items()},
            "records": {"sha256": put["records"].sha256, "key": "records"},
            "count": rows,
            "label": "label",
            "classes": ["no", "yes"],
            "positive": "yes",
            "sensitive": ["sex"],
            "group": None,
        },
        artefacts,
    )
