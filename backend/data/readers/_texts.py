"""Which column holds the text, and tables of which every one has it: shared by the readers of texts."""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from ...workspace.layout import BadInput
from .. import bounded
from ..conventions import chosen, schema
from ..conventions.chosen import Chosen
from ..conventions.written import word
from ..source import LOOK_ROWS, Glimpse, no_column
from ..spec import Spec


def with_text(batches: Iterator[pa.Table], spec: Spec, name: str) -> tuple[Chosen, list[str], Iterator[pa.Table]]:
    """(the text column and why, all columns, the batches with the text as strings), as the first batch decides.

    Raises BadInput.
    """
    first = next(batches, None)
    if first is None or not len(first):
        raise BadInput(f"{name}: expected rows, found none")
    text = _text(first, spec, name)
    return text, first.column_names, (_strings(batch, text.column, name) for batch in chain([first], batches))


def declared(names: list[str], text: Chosen) -> dict[str, str | None]:
    """{"label", "split"}: the columns of that name that are not the text."""
    return {role: role if role in names and role != text.column else None for role in ("label", "split")}


def glimpse(batches: Iterator[pa.Table], rows: int | None, words_only: Container[str] = ()) -> Glimpse:
    """What `look` tells of a source, from its first rows."""
    first, whole = bounded.head(batches, LOOK_ROWS)
    text = chosen.text_column(first, ())
    return Glimpse(
        schema.frame(first),
        rows,
        whole=whole,
        text=text.column,
        words_only=words_only,
        reasons={"text": text.why} if text.column else {},
        **declared(first.column_names, text),
    )


def _text(first: pa.Table, spec: Spec, name: str) -> Chosen:
    asked = spec.text_column
    if asked:
        if asked not in first.column_names:
            raise no_column(asked, "text_column", name, first.column_names)
        field = first.schema.field(asked)
        if not chosen.is_text(field) and not pa.types.is_null(field.type):
            raise chosen.wrong_text(first, asked, name)
        return Chosen(asked, chosen.ASKED)
    taken = (spec.label, spec.split_by, spec.split_column, *(s.column for s in spec.sensitive))
    found = chosen.text_column(first, taken)
    if found.column is None:
        raise chosen.no_text(first, name)
    return found


def _strings(table: pa.Table, text: str, name: str) -> pa.Table:
    """The table with its text as strings: none where the column is absent. Raises BadInput where it holds lists."""
    if text not in table.column_names:
        return table.append_column(text, pa.nulls(len(table), pa.string()))
    field = table.schema.field(text)
    if not chosen.is_text(field):
        if schema.is_nested(field) or schema.binary(field.type):
            raise chosen.wrong_text(table, text, name)
        written = [None if value is None else word(value) for value in table.column(text).to_pylist()]
        return table.set_column(table.column_names.index(text), text, pa.array(written, pa.string()))
    kind = field.type
    plain = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return (
        table
        if plain
        else table.set_column(table.column_names.index(text), text, pc.cast(table.column(text), "string"))
    )
