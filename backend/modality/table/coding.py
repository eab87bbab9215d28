"""From typed columns to `features` and `records` (features.py): what is measured on training rows, and how rows are
coded by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .dates import DAY
from .kinds import Column

MOST_VALUES = 1_000  # of a category that have a code of their own
OFTEN, MANY = 5, 100  # how often a value of a category of more than MANY values must stand in training rows
EDGES, FEWEST, IN_A_BIN = 65, 9, 50  # of a number: edges at most, at least, and training rows between two of them
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip


def described(column: Column, values: pa.ChunkedArray, train: np.ndarray) -> list[dict[str, Any]]:
    """The features of a column, measured on its training rows; [] where no training row has a value.

    values: as `kinds.typed` gives them; train: bool N.
    """
    known = values.filter(pa.array(train))
    if known.null_count == len(known):
        return []
    if column.type == "number":
        return [number(column.name, column.name, known.to_numpy())]
    if column.type == "date":
        days = _days(known)
        made = [number(column.name, column.name, days) | {"date": True}]
        parts = ((f"{column.name}: weekday", weekdays), (f"{column.name}: month", months))
        found = [category(name, column.name, pa.chunked_array([part(days)])) for name, part in parts]
        return made + [one for one in found if len(one["values"]) > 1]
    return [category(column.name, column.name, known)]


def number(name: str, column: str, values: np.ndarray) -> dict[str, Any]:
    """values: float64, of training rows, NaN where missing; at least one is known."""
    known = values[~np.isnan(values)]
    scale = np.abs(known).max() or 1.0  # sums of very large numbers would be infinite
    mean, std = (
        float(known.mean() if scale < 1e150 else (known / scale).mean() * scale),
        float((known / scale).std() * scale),
    )
    std = std if np.isfinite(std) and std > 1e-12 * scale else 1.0
    found = edges(((known - mean) / std).astype(np.float32), max(FEWEST, min(EDGES, len(known) // IN_A_BIN)))
    whole = bool((known == np.floor(known)).all())
    told = {"mean": mean, "std": std, "edges": found.tolist(), "missing": len(values) - len(known)}
    return {"name": name, "column": column, "kind": "number", **told, "date": False, "whole": whole}


def edges(values: np.ndarray, most: int) -> np.ndarray:
    """About `most` of the values, ascending, the smallest and the largest among them: every one that a bin of its own
    would not hold more of, and quantiles of the rest. Where most rows share one value (no capital gain), quantiles of
    all rows would see nothing else, and what tells the others apart would lie in one wide bin."""
    distinct, times = np.unique(values, return_counts=True)
    if len(distinct) <= most:
        return distinct
    often = times >= len(values) / (most - 1)
    rest = np.repeat(distinct[~often], times[~often])
    room = np.linspace(0, 1, max(2, most - int(often.sum())))
    return np.unique(np.concatenate([distinct[[0, -1]], distinct[often], np.quantile(rest, room, method="nearest")]))


def category(name: str, column: str, values: pa.ChunkedArray) -> dict[str, Any]:
    """values: text, of training rows. Of many values those that stand there often have a code, at most MOST_VALUES."""
    counts = pc.value_counts(values.drop_null())
    found, times = pc.struct_field(counts, "values"), pc.struct_field(counts, "counts").to_numpy(zero_copy_only=False)
    if len(found) > MANY:
        often = times >= OFTEN
        found, times = found.filter(pa.array(often)), times[often]
    if len(found) > MOST_VALUES:
        least = np.partition(times, -MOST_VALUES)[-MOST_VALUES]
        found, times = found.filter(pa.array(times >= least)), times[times >= least]
    ranked = sorted(zip((-times).tolist(), found.to_pylist(), strict=True))[:MOST_VALUES]
    kept = [value for _, value in ranked]
    return {"name": name, "column": column, "kind": "category", "values": kept, "missing": values.null_count}


def coder(column: Column, features: Sequence[dict[str, Any]]) -> Callable[[Any], np.ndarray]:
    """A function from typed values of a column to its features, float32 N x len(features)."""
    known = [(one, pa.array(one["values"], pa.string()) if one["kind"] == "category" else None) for one in features]

    def coded(values: Any) -> np.ndarray:
        days = _days(values) if column.type == "date" else None
        out = np.empty((len(values), len(known)), dtype=np.float32)
        for place, (one, listed) in enumerate(known):
            if listed is None:
                plain = days if days is not None else values.to_numpy(zero_copy_only=False)
                with np.errstate(over="ignore"):
                    scaled = (plain.astype(np.float64) - one["mean"]) / one["std"]
                out[:, place] = np.clip(scaled, np.finfo(np.float32).min, np.finfo(np.float32).max)
            else:
                part = values if days is None else (weekdays if one["name"].endswith(": weekday") else months)(days)
                out[:, place] = _codes(part, listed)
        return out

    return coded


def _codes(values: Any, listed: pa.Array) -> np.ndarray:
    """float32: 0 of a value that is not listed, NaN where missing."""
    at = pc.fill_null(pc.index_in(values, value_set=listed), -1).to_numpy(zero_copy_only=False)
    return np.where(pc.is_valid(values).to_numpy(zero_copy_only=False), at + 1.0, np.nan).astype(np.float32)


def _days(stamps: Any) -> np.ndarray:
    """float64, days since 1970-01-01, NaN where missing."""
    return pc.divide(pc.cast(pc.cast(stamps, pa.int64()), pa.float64(), safe=False), float(DAY)).to_numpy(
        zero_copy_only=False
    )


def weekdays(days: np.ndarray) -> pa.Array:
    gone = np.isnan(days)
    at = (np.floor(np.where(gone, 0, days)).astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    return pa.array(WEEKDAYS).take(pa.array(at, mask=gone))


def months(days: np.ndarray) -> pa.Array:
    gone = np.isnan(days)
    month = np.floor(np.where(gone, 0, days)).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return pa.array(MONTHS).take(pa.array(month, mask=gone))
