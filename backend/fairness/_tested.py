"""What an audit reads of a run: one model's predictions on the labelled test rows, and which rows belong together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..targets import type_of
from ._errors import Errors
from ._tables import Predictions

SPLIT = "test"


def tested(frame: pd.DataFrame) -> pd.DataFrame:
    """The labelled test rows of a `predictions` table (row, split, label or target, predicted, ..), by row."""
    known = frame["label"] >= 0 if "label" in frame else frame["target"].notna()
    return frame[(frame["split"] == SPLIT) & known].sort_values("row")


def predictions_of(frame: pd.DataFrame, manifest: dict[str, Any]) -> Predictions | Errors:
    """A `predictions` table as the audit reads it."""
    if type_of(manifest) == "number":
        return Errors(frame["target"].to_numpy(np.float64), frame["predicted"].to_numpy(np.float64))
    positive = positive_class(manifest)
    score = None if positive is None else frame[f"p_{positive}"].to_numpy(np.float64)
    classes = len(manifest["classes"])
    return Predictions(frame["label"].to_numpy(), frame["predicted"].to_numpy(), score, classes, positive)


def positive_class(manifest: dict[str, Any]) -> int | None:
    """The class that counts as positive: the manifest's, class 1 of two, else None (mean over classes)."""
    named, classes = manifest.get("positive"), manifest["classes"]
    if named in classes:
        return classes.index(named)
    return 1 if len(classes) == 2 else None


def units_of(table: pd.DataFrame, rows: np.ndarray, manifest: dict[str, Any]) -> np.ndarray | None:
    """(N,) the person, lesion or engine of each of these rows, or None where every row stands alone."""
    if not manifest.get("group"):
        return None
    units = table.set_index("row").loc[rows, "group"].to_numpy(str)
    return units if len(np.unique(units)) < len(units) else None
