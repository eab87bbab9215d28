"""A number, such as a price or a remaining life: regression."""

from __future__ import annotations

from typing import Any

from .._metric import Metric

METRICS = {
    "mae": Metric("mean absolute error", "target", False, 0.0, None),
    "rmse": Metric("root mean square error", "target", False, 0.0, None),
    "pinball": Metric("pinball loss", "target", False, 0.0, None),
    "r2": Metric("R²", "plain", True, None, 1.0),
    "spearman": Metric("rank correlation", "plain", True, -1.0, 1.0),
}
PRIMARY = "mae"
WEIGHTED = ()
UNKNOWN = float("nan")
COLUMN = "target"
VALUES = "different numbers"
LACKING = "no numbers to predict"
DEFAULTS: dict[str, Any] = {"finetune": {"metric": PRIMARY}}
QUANTILES = (0.1, 0.5, 0.9)
