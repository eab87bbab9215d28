"""What is known of a column once it was typed, and how its values are read by that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...data.conventions import schema
from . import dates, numbers, words

FEATURES = ("number", "category", "date", "yes/no")


@dataclass(frozen=True)
class Column:
    """name, type, why: in words, as a person reads them. how: what `typed` has to know. missing: rows without a value;
    distinct: different values; whole: whether its numbers are whole, its dates days."""

    name: str
    type: str
    why: str
    how: dict[str, Any] = field(default_factory=dict)
    missing: int = 0
    distinct: int = 0
    whole: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Known:
    """What is known of a source when its columns are typed. said: words that a person says are missing; words_only:
    blanks and words alone can say so in its files; comma: values are parted by semicolons."""

    name: str
    rows: int
    said: Sequence[str] | None = None
    words_only: bool = False
    comma: bool = False


def present(values: pa.ChunkedArray, known: Known) -> pa.ChunkedArray:
    """The values, null where they are blank, no number, infinite, or a word that a person says is missing; text in one
    spelling."""
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    kind = pa.string() if pa.types.is_null(kind) else kind
    values = values.cast(kind) if values.type != kind else values
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_finite(values), values, pa.scalar(None, kind))
    if not is_text(kind):
        return values
    values = pc.utf8_trim_whitespace(pc.utf8_normalize(values.cast(pa.string()), form="NFC"))
    gone = pa.array(["", *(known.said or ())], pa.string())
    return pc.if_else(pc.is_in(values, value_set=gone), pa.scalar(None, pa.string()), values)


def typed(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """float64 of a number, timestamp[us] of a date, text of a category and of yes/no, else the values as they are.
    values: as `present` gives them."""
    text = is_text(values.type)
    if column.type == "number":
        if text:
            return numbers.read(values, numbers.Form(**column.how.get("form", {})))
        return pc.cast(values, pa.float64(), safe=False)
    if column.type == "date":
        if pa.types.is_temporal(values.type):
            return _stamps(values)
        written = values if text or column.how["form"] in ("seconds", "milliseconds") else pc.cast(values, pa.string())
        return dates.read(dates.compact(written) if column.how.get("compact") else written, column.how["form"])
    return words.written(values) if column.type in FEATURES else values


def unreadable(field: pa.Field) -> str | None:
    """What a column holds that is no plain value in every row, None where each is one."""
    if schema.is_nested(field):
        return "lists or records"
    return "bytes" if schema.binary(field.type) else None


def is_whole(values: pa.ChunkedArray) -> bool:
    """Whether all values are whole numbers that float64 holds exactly, or midnights."""
    if pa.types.is_timestamp(values.type):
        stamps = pc.cast(values, pa.int64())
        return _every(pc.equal(pc.multiply(pc.divide(stamps, dates.DAY), dates.DAY), stamps))
    if not pa.types.is_floating(values.type):
        return False
    return _every(pc.and_(pc.equal(values, pc.floor(values)), pc.less_equal(pc.abs(values), float(schema.EXACT))))


def infinite(values: pa.ChunkedArray) -> int:
    """How many values are infinite."""
    return pc.sum(pc.is_inf(values)).as_py() or 0 if pa.types.is_floating(values.type) else 0


def is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _stamps(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        values = pc.cast(values, pa.timestamp(values.type.unit))
    if pa.types.is_time(values.type) or pa.types.is_duration(values.type):
        return pc.cast(pc.cast(values, pa.int64()), dates.STAMP)
    return pc.cast(values, dates.STAMP, safe=False)


def _every(found: Any) -> bool:
    return bool(pc.all(found).as_py())
