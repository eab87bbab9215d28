"""Which column is the text, the label or the split when nobody said it, and why: the sheet tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...workspace.layout import BadInput
from . import schema, written

ASKED = "as asked"
NAMED = "a column of that name"
DECLINED = "declined"
FOLDERS = "the names of the folders"
TEXT_NAMES = ("text",)  # a column that is called so is the text, however long others are
NEVER_TEXT = ("label", "labels", "split")  # one that is called so is not, however long it is
NO_WORDS = ("path", "url", "file_name", "filename")  # nor is one of these, where there is another


@dataclass(frozen=True)
class Chosen:
    """A column (None: none) and why it is the one."""

    column: str | None
    why: str


def text_column(table: pa.Table, taken: Iterable[Any]) -> Chosen:
    """The column of text of a source's first rows; `taken`: columns that were asked for as something else."""
    taken = set(taken)
    columns = [f.name for f in table.schema if f.name not in taken and is_text(f) and not _is_numbers(table, f)]
    named = [n for n in columns if n.strip().casefold() in TEXT_NAMES]
    if len(named) == 1:
        return Chosen(named[0], NAMED)
    free = [n for n in columns if n.strip().casefold() not in NEVER_TEXT]
    free = [n for n in free if n.strip().casefold() not in NO_WORDS] or free
    if len(free) < 2:
        return Chosen(next(iter(free), None), "the only column of text")
    lengths = {n: pc.mean(pc.utf8_length(pc.cast(table.column(n), pa.string()))).as_py() or 0 for n in free}
    longest = max(lengths, key=lengths.get)
    return Chosen(longest, f"the longest of {len(free)} columns of text, {lengths[longest]:,.0f} characters on average")


def is_text(field: pa.Field) -> bool:
    """Whether a column holds text: no numbers, no lists that are kept as JSON."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return text and not schema.is_nested(field)


def no_text(table: pa.Table, name: str) -> BadInput:
    """The line for a source without a column of text: what each column holds instead."""
    held = [f"{field.name} ({'numbers' if _is_numbers(table, field) else _held(field)})" for field in table.schema]
    return BadInput(
        f"{name}: expected a column of text, found none: it has {', '.join(held)}; name the column of the text "
        "(text_column, in the shell --text)"[:500]
    )


def wrong_text(table: pa.Table, column: str, name: str) -> BadInput:
    found = _held(table.schema.field(column))
    return BadInput(f"text_column: expected text in column {column!r} of {name}, found {found}")


def _is_numbers(table: pa.Table, field: pa.Field) -> bool:
    """Whether all that is written in a column of text are numbers: ids, ages."""
    if not is_text(field):
        return False
    told = written.typed(table.column(field.name).cast(pa.string()))[0].type
    return pa.types.is_integer(told) or pa.types.is_floating(told)


def _held(field: pa.Field) -> str:
    return "lists or records" if schema.is_nested(field) else schema.words(field.type)
