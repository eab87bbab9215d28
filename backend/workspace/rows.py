"""How a set of rows is named by its content, on both sides of the process boundary."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import ArrayLike


def rows_sha256(rows: ArrayLike) -> str:
    """The digest of a set of rows: of its ascending numbers as int64, little endian, each once."""
    return hashlib.sha256(np.unique(np.array(rows, dtype="<i8")).tobytes()).hexdigest()
