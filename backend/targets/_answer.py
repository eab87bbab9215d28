"""What registering a data set makes of the column that shall be predicted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Answer:
    """codes: int64 N, -1 where there is no class; classes: their names; positive: that of class 1 of two; numbers:
    float64 N as they were read, NaN where missing, None where there are none; told: `target` of the manifest, None of
    classes; strata: spread alike over the splits, conflicting: in which rows that look alike should agree, both int64
    N, -1 where not known, the codes unless they are given."""

    codes: np.ndarray
    classes: list[str]
    positive: str | None
    numbers: np.ndarray | None = None
    told: dict[str, Any] | None = None
    strata: np.ndarray = field(default=None)
    conflicting: np.ndarray = field(default=None)

    def __post_init__(self) -> None:
        for name in ("strata", "conflicting"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, self.codes)
