"""What the data sheet says of a target that is no class: its distribution, in each split and in each group."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dataset import SPLITS

QUARTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
BINS = 30
APART = 0.5  # standard deviations of train: how far the mean of another split may lie from train's unsaid


def facts(roles: dict[str, Any], parts: np.ndarray) -> dict[str, Any]:
    """The sheet's entry `target`; its meaning: docs/events.md."""
    values = roles["numbers"]
    known = np.isfinite(values)
    return {
        **roles["target"],
        "missing": int((~known).sum()),
        "unlabelled": int((roles["codes"] < 0).sum()) if roles["classes"] else int((~known).sum()),
        "splits": {s: _described(values[known & (parts == s)]) for s in SPLITS},
        "histogram": _histogram(values, known, parts),
        "groups": {
            attribute: {g: _described(values[known & (column == g).to_numpy()]) for g in column.unique()}
            for attribute, column in roles["groups"].items()
        },
    }


def _described(values: np.ndarray) -> dict[str, Any]:
    """{"count", "mean", "deviation", "quartiles" [least, lower, median, upper, most]}; null of no value."""
    if not len(values):
        return {"count": 0, "mean": None, "deviation": None, "quartiles": None}
    return {
        "count": len(values),
        "mean": float(values.mean()),
        "deviation": float(values.std()),
        "quartiles": np.quantile(values, QUARTILES).tolist(),
    }


def _histogram(values: np.ndarray, known: np.ndarray, parts: np.ndarray) -> dict[str, Any]:
    """{"edges" [n + 1], "counts" {split: [n]}} over all splits together; the last bin holds its upper edge."""
    edges = np.histogram_bin_edges(values[known], BINS)
    return {
        "edges": edges.tolist(),
        "counts": {s: np.histogram(values[known & (parts == s)], edges)[0].tolist() for s in SPLITS},
    }


def warnings(told: dict[str, Any], noun: str) -> list[str]:
    """Sentences on rows without a target, and on splits that lie apart."""
    said, n = [], told["unlabelled"]
    what = {"number": "number", "event": "known outcome"}[told["type"]]
    if n:
        said.append(f"{n:,} {noun}{'' if n == 1 else 's'} without a {what}: used for pretraining only.")
    train = told["splits"]["train"]
    for split, name in (("val", "validation"), ("test", "test")):
        other = told["splits"][split]
        if train["deviation"] and other["count"] and abs(other["mean"] - train["mean"]) > APART * train["deviation"]:
            said.append(
                f"{told['column']} is {other['mean']:.4g} on average in {name} and {train['mean']:.4g} in train: a "
                f"score on {name} says little of data like train."
            )
    return said
