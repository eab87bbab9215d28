"""What a stored table looks like to an encoder: one float32 a feature, and what each of them means.

A data set of this modality stores, beside its columns as they were written,

    records    float32 N x F, safetensors: one row an example, NaN where a value is missing
    features   JSON {"features": [..]}, one entry a column of `records`:

        {"name", "column", "kind": "number", "mean", "std", "edges": [..], "missing", "date": bool, "whole": bool}
        {"name", "column", "kind": "category", "values": [..], "missing"}

column: of the source, of which a feature may be a part (the weekday of a date). Numbers are stored as
(value - mean) / std of the training rows; edges: frequent values of those rows and quantiles of the others, in that
scale, ascending and different, the smallest and the largest among them; a date counts days since 1970-01-01. Categories
are stored as codes: 0 is any value that is not listed, i is values[i - 1], the most frequent in the training rows
first. missing: training rows without a value. Nothing here was measured on validation or test rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from ...workspace.formats import quantity

OTHER = "(other)"
MISSING = "missing"
FIRST_DAY = date(1970, 1, 1)
EXACT = 1e-6  # of a number's size: what is smaller than that is what a float32 loses of a zero


def features(stored: Any, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The features of a registered table, in the order of the columns of `records`. stored: artefacts."""
    return stored.json(manifest["features"]["sha256"])["features"]


def arguments(described: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What an encoder's `build` has to know of each feature: the kind and `edges` of a number, the codes of a
    category."""
    return [
        {"kind": "number", "edges": one["edges"]}
        if one["kind"] == "number"
        else {"kind": "category", "size": len(one["values"]) + 1}
        for one in described
    ]


def columns(described: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """{column of the source: its features}, in their order: what is shown and hidden together."""
    found: dict[str, list[int]] = {}
    for place, one in enumerate(described):
        found.setdefault(one["column"], []).append(place)
    return found


def raw(records: np.ndarray, one: dict[str, Any]) -> np.ndarray:
    """One column of `records` in the unit of the source: float64 N, of a category its codes."""
    values = np.asarray(records, dtype=np.float64)
    return values * one["std"] + one["mean"] if one["kind"] == "number" else values


def shown(value: float, one: dict[str, Any]) -> str:
    """A stored value of a feature as a person reads it."""
    if value != value:
        return MISSING
    if one["kind"] == "category":
        return str(one["values"][int(value) - 1]) if value >= 1 else OTHER
    back = value * one["std"] + one["mean"]
    back = 0.0 if abs(back) < EXACT * max(abs(one["mean"]), one["std"]) else back
    if one.get("date"):
        return (FIRST_DAY + timedelta(days=round(back))).isoformat()
    return f"{round(back):,}".replace("-", "−") if one.get("whole") else quantity(back)


def typical(records: np.ndarray, described: Sequence[dict[str, Any]]) -> np.ndarray:
    """The row that stands for "nothing is known": the median of each number and the most frequent code of each
    category, float32 F. records: of training rows."""
    values = np.asarray(records, dtype=np.float32)
    row = np.zeros(values.shape[1], dtype=np.float32)
    for place, one in enumerate(described):
        there = values[~np.isnan(values[:, place]), place]
        if not len(there):
            row[place] = np.nan
        elif one["kind"] == "number":
            row[place] = np.median(there)
        else:
            codes, counts = np.unique(there, return_counts=True)
            row[place] = codes[counts.argmax()]
    return row
