"""Windows of a data set as the pages read them: each data set is opened once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from backend.modality.series.stored import Series

from ...frame.session import service

DRAWN = 1_500  # points of a line, at most


def series_of(manifest: dict[str, Any]) -> Series:
    """The readings of a registered data set."""
    return _opened(manifest["name"], manifest["digest"])


@lru_cache(maxsize=4)
def _opened(name: str, digest: str) -> Series:
    return Series(service(), service().dataset(name))


def life(series: Series, unit: int) -> tuple[np.ndarray, np.ndarray]:
    """(age float64 T, values float64 C x T in the channels' units) of one unit, at most DRAWN readings evenly apart."""
    rows = series.path(unit)
    first, end = int(series.windows[rows[0], 0]), int(series.windows[rows[-1], 1])
    stored = series.manifest["readings"]
    values = np.asarray(service().array(stored["sha256"], stored["key"], slice(first, end)), np.float64)
    every = max(1, -(-len(values) // DRAWN))
    mean, std = (np.array([one[key] for one in series.channels]) for key in ("mean", "std"))
    ages = series.places[first:end] * series.step
    return ages[::every], (values * std + mean)[::every].T
