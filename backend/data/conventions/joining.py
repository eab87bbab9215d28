"""Tables of one source, one below the other: files and batches of it may type a column differently."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...workspace.layout import BadInput
from . import schema, written


def joined(parts: Sequence[pa.Table]) -> pa.Table:
    """All rows; a column that is absent from a part is missing there.

    A column that is typed differently becomes numbers where that loses nothing, else text as a person writes it; lists
    and records beside anything else become JSON, and `check_plain` refuses them.
    """
    # a table finds a column by its name in time that grows with its columns, so all are listed once
    there = [{field.name: (field, column) for field, column in zip(p.schema, p.columns, strict=True)} for p in parts]
    names = list(dict.fromkeys(name for known in there for name in known))
    fields, columns = [], []
    for name in names:
        found = [known[name][0] for known in there if name in known]
        pieces = [
            known[name][1] if name in known else pa.nulls(len(part)) for part, known in zip(parts, there, strict=True)
        ]
        column = _one_type(pieces)
        fields.append(pa.field(name, column.type, metadata=_told(found)))
        columns.append(column)
    return pa.table(columns, pa.schema(fields)) if names else pa.table({})


def check_plain(field: pa.Field, where: str) -> None:
    """Raises BadInput for a column that holds lists or records, in all rows or in some."""
    mixed = (field.metadata or {}).get(schema.MIXED)
    if mixed or schema.is_nested(field):
        found = mixed.decode() if mixed else "lists or records"
        raise BadInput(f"{where}: expected one plain value in every row, found {found}")


def _told(found: Sequence[pa.Field]) -> dict[bytes, bytes] | None:
    known = [field for field in found if not pa.types.is_null(field.type)]
    nested = [schema.is_nested(field) for field in known]
    if not any(nested):
        return None
    if all(nested):
        return schema.NESTED
    other = next(schema.words(field.type) for field, deep in zip(known, nested, strict=True) if not deep)
    return {schema.MIXED: f"lists or records in some rows and {other} in others".encode()}


def _one_type(pieces: list[Any]) -> pa.ChunkedArray:
    kinds = {piece.type for piece in pieces if not pa.types.is_null(piece.type)}
    if len(kinds) > 1:
        kinds = set(map(_plain_text, kinds))
    whole = all(map(pa.types.is_integer, kinds))
    numbers = all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds)
    nested = all(map(schema.nested, kinds))
    if len(kinds) <= 1:
        return _cast(pieces, next(iter(kinds), pa.string())) or _written(pieces)
    made = None
    if nested:
        made = _promoted(pieces)
    elif whole:
        made = _cast(pieces, pa.int64())
    elif numbers and all(_exact(piece) for piece in pieces):
        made = _cast(pieces, pa.float64())
    return made if made is not None else _written(pieces)


def _plain_text(kind: pa.DataType) -> pa.DataType:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else kind


def _cast(pieces: list[Any], kind: pa.DataType) -> pa.ChunkedArray | None:
    chunks = [chunk for piece in pieces for chunk in getattr(piece, "chunks", [piece])]
    try:
        return pa.chunked_array([pc.cast(chunk, kind) for chunk in chunks], kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _promoted(pieces: list[Any]) -> pa.ChunkedArray | None:
    """Lists or records of the type that holds all: one that is empty everywhere, records that gained a field."""
    try:
        return pa.concat_tables([pa.table({"c": p}) for p in pieces], promote_options="permissive").column("c")
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return None


def _exact(piece: Any) -> bool:
    """Whether no whole number of the piece would lose digits as floating point."""
    return not pa.types.is_integer(piece.type) or not schema.long(piece)


def _written(pieces: list[Any]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(map(word, piece.to_pylist()), pa.string()) for piece in pieces], pa.string())


def word(value: Any) -> str | None:
    """A value of a column that holds several kinds, as text: lists and records as JSON."""
    if written.nothing(value) or isinstance(value, str):
        return value if isinstance(value, str) else None
    if isinstance(value, bytes):
        return value.hex()
    deep = isinstance(value, list | dict | np.ndarray)
    return json.dumps(value, default=_deeper, ensure_ascii=False) if deep else written.word(value)


def _deeper(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)
