"""How well several columns together predict an answer: boosted trees, cross-validated, with an interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...statistics.proportions import Interval
from ...statistics.together import MOST_VALUES, boosted

MOST_COLUMNS = 200
MOST_ROWS = 20_000


def matrix(frame: pd.DataFrame) -> tuple[np.ndarray, list[bool]]:
    """(float64 N x C, NaN where missing; which columns are codes of a category, the most frequent first)."""
    columns, categories = [], []
    for name in frame.columns:
        values = frame[name]
        numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        dated = pd.api.types.is_datetime64_any_dtype(values)
        categories.append(not numeric and not dated)
        if numeric:
            columns.append(values.to_numpy(dtype=np.float64))
        elif dated:
            days = (values - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
            columns.append(days.to_numpy(dtype=np.float64))
        else:
            there = values.dropna().astype(str)
            place = {value: at for at, value in enumerate(there.value_counts().index[:MOST_VALUES])}
            codes = values.map(lambda value, place=place: place.get(str(value), MOST_VALUES), na_action="ignore")
            columns.append(codes.to_numpy(dtype=np.float64))
    return np.stack(columns, axis=1) if columns else np.zeros((len(frame), 0)), categories


def predicted(
    frame: pd.DataFrame, codes: np.ndarray, classes: int, numbers: np.ndarray | None, fold: np.ndarray
) -> Interval:
    """Cross-validated AUROC of the classes (each against the rest, weighted by its rows) or R2 of the numbers.

    codes: int64 N in 0 .. classes - 1; numbers: float64 N or None; fold: as `alone.folds`. At most `MOST_ROWS` rows and
    the first `MOST_COLUMNS` columns. NaN without a column.
    """
    rows = np.unique(np.linspace(0, len(frame) - 1, min(len(frame), MOST_ROWS)).astype(int))
    values, categories = matrix(frame.iloc[rows, :MOST_COLUMNS])
    if not values.shape[1]:
        return Interval(*(np.float64("nan"),) * 3)
    return boosted(values, categories, codes[rows], classes, None if numbers is None else numbers[rows], fold[rows])
