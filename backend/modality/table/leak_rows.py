"""What the leakage guards read, and what they find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...statistics import alone
from ...statistics.proportions import Interval
from .describe import Known

FEW = 50  # labelled training rows, and rows of each side of a comparison


@dataclass(frozen=True)
class Rows:
    """The labelled training rows: their columns, and the answer by codes or, where it is a number, by numbers."""

    frame: pd.DataFrame
    codes: np.ndarray
    classes: int
    numbers: np.ndarray | None
    fold: np.ndarray
    place: np.ndarray

    @property
    def measure(self) -> str:
        return "r2" if self.numbers is not None else "auroc"

    def predicted_by(self, values: pd.Series) -> Interval:
        """How well these values, one a row, predict the answer alone."""
        if self.numbers is not None:
            return alone.r_squared(alone.fine_bins(values), self.numbers, self.fold)
        return alone.mean_auroc(alone.bins(values), self.codes, self.classes, self.fold)


def finding(column: str, kind: str, measure: str, found: Interval, why: str, **more: Any) -> dict[str, Any]:
    figure = found.as_dict()
    return {
        "column": column,
        "kind": kind,
        "measure": measure,
        "figure": figure.pop("value"),
        **figure,
        "why": why,
        **more,
    }


def rows_of(frame: pd.DataFrame, parts: np.ndarray, known: Known) -> Rows | None:
    """None where too few training rows have an answer, or all the same."""
    of_class = bool(known.classes)
    there = known.codes >= 0 if of_class else np.isfinite(known.numbers) if known.numbers is not None else None
    if there is None:
        return None
    rows = np.flatnonzero(there & (parts == "train"))
    if len(rows) < FEW or len(np.unique(known.codes[rows] if of_class else known.numbers[rows])) < 2:
        return None
    codes = known.codes[rows]
    if of_class:
        present, codes = np.unique(codes, return_inverse=True)
    unit = None if known.unit is None else np.asarray(known.unit)[rows]
    return Rows(
        frame.iloc[rows],
        codes,
        len(present) if of_class else 0,
        None if of_class else known.numbers[rows],
        alone.folds(len(rows), unit=unit),
        rows,
    )
