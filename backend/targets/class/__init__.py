"""One of several classes: the target of a data set that says nothing else."""

from __future__ import annotations

from typing import Any

from .._metric import Metric

METRICS = {
    "accuracy": Metric("accuracy"),
    "balanced_accuracy": Metric("balanced accuracy"),
    "auroc": Metric("AUROC"),
    "average_precision": Metric("average precision"),
}
PRIMARY = "accuracy"
WEIGHTED = ("balanced_accuracy",)
UNKNOWN = -1
COLUMN = "label"
VALUES = "classes"
LACKING = "no labels of two classes"
DEFAULTS: dict[str, Any] = {}
