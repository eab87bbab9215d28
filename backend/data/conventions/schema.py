"""What a table says of itself beside its values: names of classes (Hugging Face), lists and records, pandas' index."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...workspace.layout import BadInput
from .names import columns, same

EXACT = 2**53  # whole numbers up to here are exact as floating point
UNNAMED_INDEX = "__index_level_0__"  # pandas' name for an index without one
NESTED = {b"workbench": b"nested"}  # of a field whose lists and objects are kept as JSON
MIXED = b"mixed"  # metadata of a field: what its rows hold, where they are lists in some and no lists in others
NO_LABEL = -1  # of numbers that stand for named classes


def classes(features: Any) -> dict[str, list[str]]:
    """{column: names of its classes} of the columns that a data set's `features` call a ClassLabel."""
    found = features.items() if isinstance(features, Mapping) else ()
    return {
        same(name): [str(n) for n in feature["names"]]
        for name, feature in found
        if isinstance(feature, Mapping)
        and feature.get("_type") == "ClassLabel"
        and isinstance(feature.get("names"), list)
    }


def features(schema: pa.Schema) -> dict[str, Any]:
    """The features that the `datasets` library wrote into the schema of a Parquet or Arrow file; {} without them."""
    try:
        told = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        return dict(told["info"]["features"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def name_classes(column: pa.ChunkedArray, names: Sequence[str], where: str) -> pa.ChunkedArray:
    """Numbers of named classes as their names; -1 and null are no label. Raises BadInput for other numbers."""
    codes = column.to_pylist()
    wrong = next((c for c in codes if c is not None and not _is_code(c, len(names))), None)
    if wrong is not None:
        raise BadInput(f"{where}: expected a class from 0 to {len(names) - 1} or {NO_LABEL} for none, found {wrong!r}")
    told = [None if c is None or c == NO_LABEL else names[int(c)] for c in codes]
    return pa.chunked_array([pa.array(told, pa.string())])


def with_names(table: pa.Table, names: Mapping[str, Sequence[str]], where: str) -> pa.Table:
    """The table with the names of classes in place of their numbers, in the columns that have such names."""
    for column in names.keys() & set(table.column_names):
        if pa.types.is_integer(table.schema.field(column).type) or pa.types.is_null(table.schema.field(column).type):
            named = name_classes(table.column(column), names[column], f"{where}: column {column!r}")
            table = table.set_column(table.column_names.index(column), column, named)
    return table


def plain_index(table: pa.Table, where: str) -> pa.Table:
    """The table with its pandas index as columns like others: an unnamed one is called `index` where that is free.

    Raises BadInput where two columns have one name.
    """
    table = table.rename_columns(columns(table.column_names, where))
    if UNNAMED_INDEX in table.column_names and "index" not in table.column_names:
        table = table.rename_columns(["index" if n == UNNAMED_INDEX else n for n in table.column_names])
    return table.replace_schema_metadata(None)


def frame(table: pa.Table) -> pd.DataFrame:
    """The table as a frame that loses nothing: long whole numbers with gaps stay whole, the index is a column, and
    lists and records that are kept as JSON are such again."""
    whole = {}
    for name in table.column_names:
        column = table.column(name)
        if column.null_count and pa.types.is_integer(column.type) and long(column):
            kind = "UInt64" if pa.types.is_uint64(column.type) else "Int64"
            whole[name] = pd.array(column.to_pylist(), dtype=kind)
        elif is_nested(table.schema.field(name)) and not nested(column.type):
            deep = [_unpacked(value) for value in column.to_pylist()]
            whole[name] = pd.Series(deep, dtype=object)
    made = table.replace_schema_metadata(None).to_pandas()
    return made.assign(**whole) if whole else made


def _unpacked(value: Any) -> Any:
    """A list or record that is kept as JSON, as it was; any other value stays."""
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in ("[", "{") else value
    except (ValueError, RecursionError):
        return value


def long(column: pa.ChunkedArray) -> bool:
    """Whether a column of whole numbers has one that would lose digits as floating point."""
    ends = pc.min_max(column).as_py()
    return any(end is not None and abs(end) > EXACT for end in ends.values())


def words(kind: pa.DataType) -> str:
    """A type of Arrow as a person would say it."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    known = (
        (nested, "lists or records"),
        (pa.types.is_boolean, "true and false"),
        (pa.types.is_integer, "whole numbers"),
        (lambda k: pa.types.is_floating(k) or pa.types.is_decimal(k), "numbers"),
        (binary, "bytes"),
        (pa.types.is_temporal, "dates or times"),
        (pa.types.is_null, "nothing"),
    )
    return next((said for holds, said in known if holds(kind)), "text")


def nested(kind: pa.DataType) -> bool:
    return pa.types.is_nested(kind)


def is_nested(field: pa.Field) -> bool:
    """Whether a column holds lists or records, also where JSON's are kept as text."""
    told = field.metadata or {}
    return nested(field.type) or MIXED in told or told.items() >= NESTED.items()


def binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _is_code(code: Any, count: int) -> bool:
    return isinstance(code, int) and not isinstance(code, bool) and NO_LABEL <= code < count
