"""An event within a horizon, such as a failure within 30 days: class 1 of two, and rare."""

from __future__ import annotations

from typing import Any

from .._metric import Metric

METRICS = {
    "average_precision": Metric("average precision"),
    "auroc": Metric("AUROC"),
    "brier": Metric("Brier score", "plain", higher_is_better=False),
    "recall_at_alarms": Metric("recall at an alarm rate of 5 %"),
}
PRIMARY = "average_precision"
WEIGHTED = ()
UNKNOWN = -1
COLUMN = "label"
VALUES = "classes"
LACKING = "no events and rows without one"
DEFAULTS: dict[str, Any] = {"finetune": {"metric": PRIMARY}}
ALARMS = 0.05  # share of the rows that may raise an alarm
