"""A window as a record: its unit, when it ends, and how each channel stood and moved."""

from __future__ import annotations

from typing import Any

import numpy as np

from .stored import Series

SHOWN = 12  # channels of a record


def records(stored: Any, manifest: dict[str, Any], rows: list[int]) -> list[dict[str, str]]:
    """{what: value} of windows, in their order: the unit, its age at the end, the last value of each channel and how
    far the window moved it. stored: backend/control/content/stored.py. Raises BadInput for rows out of bounds."""
    series = Series(stored, manifest)
    values = series.raw(rows)
    group = manifest["group"]
    time = series.told["time"]["unit"] or ""
    return [
        {
            group: series.unit(row),
            "age at its end": f"{series.ages([row])[0, -1]:g} {time}".strip(),
            **{one["name"]: _moved(own) for one, own in zip(series.channels[:SHOWN], window, strict=False)},
        }
        for row, window in zip(rows, values, strict=True)
    ]


def _moved(values: np.ndarray) -> str:
    """The last value, and what it was at first: "641.8 → 642.3"."""
    known = values[~np.isnan(values)]
    return f"{known[0]:.5g} → {known[-1]:.5g}" if len(known) else "missing"
