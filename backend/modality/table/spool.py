"""The rows of a source on the disk while it is registered: written once as they come, then read column by column."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...data.cleaning import check_columns
from ...data.conventions import schema
from ...data.conventions.joining import joined, word
from ...data.readers._table_files import Rows
from ...workspace.layout import BadInput
from .._base import Progress

PART_ROWS = 65_536
PART_BYTES = 64 << 20
HELD_CELLS = 2_000_000  # of columns that are read together
MAX_ROWS = 20_000_000


class Spool:
    """Parts of at most PART_ROWS rows, a Parquet file each, below a folder that vanishes with `close`.

    fields: {column: its field in all parts together}, in the order of the source; sizes: rows of each part.
    """

    def __init__(self, source: Rows, below: Path, progress: Progress):
        below.mkdir(parents=True, exist_ok=True)
        self.source, self.sizes = source, []
        self.fields: dict[str, pa.Field] = {}
        self._held: dict[str, pa.ChunkedArray] = {}
        self._folder = tempfile.TemporaryDirectory(dir=below, prefix=".tmp-rows-")
        try:
            several = self._fill(progress)
            for name in several:
                self.fields[name] = self.fields[name].with_type(self.column(name).type)
        except BaseException:
            self.close()
            raise

    @property
    def count(self) -> int:
        return sum(self.sizes)

    def close(self) -> None:
        self._folder.cleanup()

    def column(self, name: str) -> pa.ChunkedArray:
        """A whole column, missing in the parts that have none. Of a wide table its neighbours are read with it: to open
        a file takes longer than to read a short column."""
        if name not in self._held:
            names = list(self.fields)
            at = names.index(name)
            block = names[at : at + max(1, HELD_CELLS // max(1, self.count))]
            whole = joined([self._read(place, block) for place in range(len(self.sizes))])
            if len(block) == 1:
                return whole.column(name)
            self._held = {one: whole.column(one) for one in block}
        return self._held[name]

    def parts(self, names: Iterable[str]) -> Iterator[pa.Table]:
        """These columns part by part, of one type in all of them."""
        wanted = list(names)
        for place in range(len(self.sizes)):
            found = self._read(place, wanted)
            held = dict(zip(found.column_names, found.columns, strict=True))
            yield pa.table({name: _as(held[name], self.fields[name].type) for name in wanted})

    def _fill(self, progress: Progress) -> list[str]:
        """Writes all parts; returns the columns that are typed differently in some."""
        several = {}
        for part in _grouped(self.source.batches):
            pq.write_table(part, self._file(len(self.sizes)), compression="lz4")
            self.sizes.append(len(part))
            for field in part.schema:
                known = self.fields.get(field.name)
                if known is None or (pa.types.is_null(known.type) and not pa.types.is_null(field.type)):
                    self.fields[field.name] = field
                elif known.type != field.type and not pa.types.is_null(field.type):
                    several[field.name] = True
                if known is not None and schema.is_nested(field):
                    self.fields[field.name] = self.fields[field.name].with_metadata(schema.NESTED)
            check_columns(len(self.fields), self.source.name)  # of all parts: keys of JSON come and go
            if self.count > MAX_ROWS:
                raise BadInput(f"{self.source.name}: expected at most {MAX_ROWS:,} rows, found more; take a sample")
            progress(self.count, max(self.source.rows or 0, self.count), "rows")
        return list(several)

    def _read(self, place: int, names: list[str]) -> pa.Table:
        with pq.ParquetFile(self._file(place)) as file:
            there = set(file.schema_arrow.names)
            found = file.read([name for name in names if name in there], use_threads=False)
        held = dict(zip(found.schema, found.columns, strict=True))
        lost = {pa.field(name, pa.null()): pa.nulls(self.sizes[place]) for name in names if name not in there}
        return pa.table([*held.values(), *lost.values()], pa.schema([*held, *lost]))

    def _file(self, place: int) -> Path:
        return Path(self._folder.name) / f"{place}.parquet"


def _grouped(batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The rows in parts of PART_ROWS, fewer where they are large."""
    held, rows, size = [], 0, 0
    for batch in batches:
        held.append(batch)
        rows, size = rows + len(batch), size + batch.nbytes
        if rows >= PART_ROWS or size > PART_BYTES:
            yield joined(held)
            held, rows, size = [], 0, 0
    if held:
        yield joined(held)


def _as(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """A column of one part as it is typed in all."""
    if column.type == kind:
        return column
    if pa.types.is_string(kind) and not pa.types.is_null(column.type) and not pa.types.is_large_string(column.type):
        return pa.chunked_array([pa.array(map(word, column.to_pylist()), pa.string())])
    return pc.cast(column, kind)
