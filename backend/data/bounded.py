"""Columns decoded a little at a time, however much a small file would unpack to.

What a file says about its own size is not believed. Repeated values stay repeated (dictionaries) until it was counted
what each row takes once it is written out; then so many rows are decoded as fit into PIECE bytes, at least one. What no
count can see before it is decoded (a compressed page, one row with a list of a thousand million numbers) meets the
limit of the process (backend/workspace/memory.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..workspace.layout import BadInput
from .cleaning import check_columns
from .conventions.joining import joined

PIECE = 8 << 20  # bytes that are decoded at a time, more only where one row alone takes more
LOOK = 64 << 20  # bytes of the rows that are only looked at
ROWS = 1_000
Cap = Callable[[int], None]  # told the bytes of all rows so far before they are decoded; raises BadInput beyond a limit


def parquet(
    file: Path, columns: list[str] | None = None, rows: int = ROWS, cap: Cap = lambda total: None
) -> Iterator[pa.Table]:
    """The rows of a Parquet file as tables of at most `rows` rows and about PIECE bytes.

    Raises BadInput, ArrowException and OSError for what cannot be read.
    """
    schema = pq.read_schema(file)
    check_columns(len(schema), file.name)
    with pq.ParquetFile(file) as table:
        leaves = [table.schema.column(i) for i in range(len(table.schema))]
    repeated = [c.path for c in leaves if c.physical_type == "BYTE_ARRAY" and c.logical_type.type != "DECIMAL"]
    # pre_buffer would hold the whole file in the end
    with pq.ParquetFile(file, pre_buffer=False, read_dictionary=repeated) as table:
        found = table.metadata
        groups = range(found.num_row_groups)
        claimed = sum(found.row_group(g).total_byte_size for g in groups)
        size = max(1, min(rows, PIECE * found.num_rows // max(1, claimed)))
        # repeated values within records cannot be read across row groups
        parts = [[g] for g in groups] if any("." in name for name in repeated) else [list(groups)]
        batches = (
            pa.Table.from_batches([batch])
            for part in parts
            for batch in table.iter_batches(size, row_groups=part, columns=columns, use_threads=False)
        )
        yield from pieces(batches, cap, schema if columns is None else pa.schema(map(schema.field, columns)))


def pieces(
    tables: Iterator[pa.Table], cap: Cap = lambda total: None, schema: pa.Schema | None = None
) -> Iterator[pa.Table]:
    """Tables cut into pieces of about PIECE bytes without dictionaries, typed as `schema` (None: as they are) says.

    Raises BadInput for columns whose rows cannot be counted (views of lists, run-end encoded, unions).
    """
    total = 0
    for table in tables:
        table = table.combine_chunks()
        sizes = np.zeros(len(table), np.int64)
        for name, column in zip(table.column_names, table.columns, strict=True):
            for chunk in column.chunks:  # one, or none of an empty table
                sizes += row_bytes(chunk, name)
        wanted = schema or table.schema
        plain = pa.schema([f.with_type(_plain(f.type)) for f in wanted], wanted.metadata)
        ends, start = np.cumsum(sizes), 0
        total += int(sizes.sum())
        cap(total)
        while start < len(table):
            before = ends[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, before + PIECE, "right")))
            yield _decoded(table.slice(start, stop - start), plain)
            start = stop


def first(tables: Iterator[pa.Table], rows: int) -> pa.Table:
    """The first `rows` rows, fewer where these alone are more than LOOK bytes."""
    return head(tables, rows)[0]


def head(tables: Iterator[pa.Table], rows: int) -> tuple[pa.Table, bool]:
    """(the same, whether these are all)."""
    held, seen, size, whole = [], 0, 0, True
    for table in tables:
        held.append(table)
        seen, size = seen + len(table), size + table.nbytes
        if seen >= rows or size > LOOK:
            whole = False
            break
    return joined(held).slice(0, rows), whole


def row_bytes(array: pa.Array, name: str) -> np.ndarray:
    """int64, one a row: the bytes that its value takes once it is written out. Decodes nothing. Raises BadInput."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return row_bytes(array.storage, name)
    if pa.types.is_dictionary(kind):
        known = np.append(row_bytes(array.dictionary, name), 0)
        return known[_filled(array.indices, len(known) - 1)]
    if _is_view(kind):
        lengths = np.frombuffer(array.buffers()[1], np.int32).reshape(-1, 4)[:, 0]
        return lengths[array.offset : array.offset + len(array)].astype(np.int64)
    if _is_bytes(kind):
        return _filled(pc.binary_length(array), 0)
    if pa.types.is_struct(kind):
        parts = (row_bytes(part, name) for part in array.flatten())
        return sum(parts, np.zeros(len(array), np.int64))
    if pa.types.is_map(kind):
        inside = row_bytes(array.keys, name) + row_bytes(array.items, name)
        return _spread(inside, np.diff(np.asarray(array.offsets)))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _spread(row_bytes(array.flatten(), name), _filled(pc.list_value_length(array), 0))
    if pa.types.is_null(kind):
        return np.zeros(len(array), np.int64)
    try:
        return np.full(len(array), (kind.bit_width + 7) // 8, np.int64)
    except ValueError:
        raise BadInput(f"column {name!r}: expected plain values, found {kind}"[:300]) from None


def _spread(inside: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Bytes a row of lists, from the bytes of what is in them one after the other; 8 more for where each begins."""
    ends = np.concatenate([[0], np.cumsum(inside)])
    places = np.concatenate([[0], np.cumsum(lengths)])
    return np.diff(ends[places]) + 8


def _filled(values: pa.Array, instead: int) -> np.ndarray:
    return pc.fill_null(pc.cast(values, pa.int64()), instead).to_numpy(zero_copy_only=False)


def _decoded(table: pa.Table, schema: pa.Schema) -> pa.Table:
    if table.schema.types == schema.types:
        return table
    columns = [column.cast(kind) for column, kind in zip(table.columns, schema.types, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema)


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type without dictionaries and views."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if _is_view(kind):
        return pa.large_string() if kind == pa.string_view() else pa.large_binary()
    if pa.types.is_struct(kind):
        return pa.struct([f.with_type(_plain(f.type)) for f in kind])
    if pa.types.is_map(kind):
        return pa.map_(_plain(kind.key_type), _plain(kind.item_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_plain(kind.value_type)))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(kind.value_field.with_type(_plain(kind.value_type)), kind.list_size)
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain(kind.value_type)))
    return kind


def _is_bytes(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests) or _is_view(kind)


def _is_view(kind: pa.DataType) -> bool:
    return pa.types.is_string_view(kind) or pa.types.is_binary_view(kind)
