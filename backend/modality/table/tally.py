"""How many different values a column has, and which is the most frequent, in little memory: by sorting.

A hash table of ten million different values takes a gigabyte. Text is compared by 64-bit digests: of ten million
values two are taken for one with probability 3e-6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

FOUND = 200_000  # different values that are looked at one by one


@dataclass(frozen=True)
class Tally:
    """Of the values that are not missing. most: rows of the most frequent one, which is `value` (None of no value)."""

    distinct: int
    most: int
    value: Any


def tally(values: pa.ChunkedArray) -> Tally:
    """values: numbers, dates, truth values or text."""
    keys = _keys(values)
    if not len(keys):
        return Tally(0, 0, None)
    ordered = np.sort(keys)
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    lengths = np.diff(np.append(begins, len(ordered)))
    top = int(lengths.argmax())
    return Tally(len(begins), int(lengths[top]), _first(values, keys, ordered[begins[top]]))


def found(values: pa.ChunkedArray) -> pa.Array:
    """The different values, each once; of a column of more than FOUND those of rows that are spread evenly over it."""
    if len(values) > FOUND and tally(values).distinct > FOUND:
        rows = np.linspace(0, len(values) - 1, FOUND).astype(np.int64)
        values = pa.chunked_array([values.take(pa.array(rows)).combine_chunks()])
    return pc.unique(values).drop_null()


def hashes(values: pa.Array) -> np.ndarray:
    """uint64 of each text, the same for equal ones; missing values have one of their own."""
    each = values.dictionary_encode(null_encoding="encode")
    told = pd.util.hash_array(each.dictionary.to_numpy(zero_copy_only=False), categorize=False)
    return told[each.indices.to_numpy()]


def _keys(values: pa.ChunkedArray) -> np.ndarray:
    """What is equal where two values are, of those that are not missing."""
    known = values.drop_null()
    if pa.types.is_temporal(known.type):
        known = pc.cast(known, pa.int64()) if known.type.bit_width == 64 else pc.cast(known, pa.int32())
    if pa.types.is_boolean(known.type):
        known = pc.cast(known, pa.uint8())
    if pa.types.is_integer(known.type) or pa.types.is_floating(known.type):
        return known.to_numpy()
    known = known if pa.types.is_string(known.type) else pc.cast(known, pa.string())
    parts = [hashes(chunk) for chunk in known.chunks]
    return np.concatenate(parts) if parts else np.empty(0, np.uint64)


def _first(values: pa.ChunkedArray, keys: np.ndarray, key: Any) -> Any:
    """The first value of this key."""
    place = int(np.flatnonzero(keys == key)[0])
    return values.drop_null().slice(place, 1)[0].as_py()
