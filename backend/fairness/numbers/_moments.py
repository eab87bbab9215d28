"""The sums that every metric of errors reads."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...registry import Strict
from ...statistics.proportions import ratio

__all__ = ["Moments", "of_errors", "ratio"]


class Moments(Strict):
    """Base of the metrics' Params."""

    positive_only: ClassVar[bool] = False
    of_a_variance: ClassVar[bool] = False


def of_errors(errors: np.ndarray) -> np.ndarray:
    """float64 (N, 4): 1, the error, its absolute value, its square."""
    errors = np.asarray(errors, np.float64)
    return np.stack([np.ones_like(errors), errors, np.abs(errors), np.square(errors)], axis=-1)
