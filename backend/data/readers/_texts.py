"""Which column holds the text, and tables of which every one has it: shared by the readers of texts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from ...workspace.layout import BadInput
from .. import bounded
from ..source import LOOK_ROWS, Glimpse, no_column
from ..spec import Spec


def with_text(batches: Iterator[pa.Table], spec: Spec, name: str) -> tuple[str, list[str], Iterator[pa.Table]]:
    """(the text column, all columns, the batches with the text as strings), as the first batch decides. BadInput."""
    first = next(batches, None)
    if first is None or not len(first):
        raise BadInput(f"{name}: expected rows, found none")
    text = _asked(first, spec.text_column, name) if spec.text_column else None
    if text is None:
        taken = {spec.label, spec.split_by, spec.split_column, *(s.column for s in spec.sensitive)}
        text = longest(first.drop_columns([c for c in taken if c in first.column_names]))
    if text is None:
        there = ", ".join(first.column_names)
        raise BadInput(f"{name}: expected a column of text, found none among {there}; name it with text_column"[:500])
    return text, first.column_names, (_strings(batch, text) for batch in chain([first], batches))


def longest(table: pa.Table) -> str | None:
    """The column of text whose values are longest on average, None where no column is text."""
    found = {
        n: pc.mean(pc.utf8_length(_string(table.column(n)))).as_py() for n in table.column_names if is_text(table, n)
    }
    return max(found, key=lambda n: found[n] or 0, default=None)


def is_text(table: pa.Table, name: str) -> bool:
    kind = table.schema.field(name).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def glimpse(batches: Iterator[pa.Table], rows: int | None) -> Glimpse:
    """What `look` tells of a source, from its first rows."""
    first = bounded.first(batches, LOOK_ROWS)
    declared = {role: role if role in first.column_names else None for role in ("label", "split")}
    return Glimpse(first.to_pandas(), rows, text=longest(first), **declared)


def _asked(table: pa.Table, column: str, name: str) -> str:
    if column not in table.column_names:
        raise no_column(column, "text_column", name, table.column_names)
    kind = table.schema.field(column).type
    if not is_text(table, column) and not pa.types.is_null(kind):
        raise BadInput(f"text_column: expected text in column {column!r} of {name}, found {kind}")
    return column


def _strings(table: pa.Table, text: str) -> pa.Table:
    if text not in table.column_names:
        return table.append_column(text, pa.nulls(len(table), pa.string()))
    return table.set_column(table.column_names.index(text), text, _string(table.column(text)))


def _string(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return (
        column
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        else pc.cast(column, "string")
    )
