"""Nothing to predict: a data set without labels is pretrained on and mapped; there is no study and no audit of it."""

from __future__ import annotations

from typing import Any

METRICS: dict[str, Any] = {}
PRIMARY = None
WEIGHTED = ()
UNKNOWN = -1
COLUMN = "label"
VALUES = "labels"
LACKING = "no labels"
DEFAULTS: dict[str, Any] = {}
