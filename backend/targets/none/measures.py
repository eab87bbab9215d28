"""No row has a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import COLUMN, LACKING, METRICS, PRIMARY, UNKNOWN, VALUES, WEIGHTED  # noqa: F401 (read through this module)

if TYPE_CHECKING:
    import pandas as pd


def truth(table: pd.DataFrame) -> np.ndarray:
    """int64 N, all unknown."""
    return np.full(len(table), UNKNOWN, dtype=np.int64)


def known(truth: np.ndarray) -> np.ndarray:
    return np.zeros(len(truth), dtype=bool)


def usable(manifest: dict[str, Any], truth: np.ndarray) -> bool:
    return False


def strata(truth: np.ndarray) -> np.ndarray:
    return truth


conflicting = strata
