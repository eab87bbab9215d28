"""CSV, TSV, JSON lines and Parquet as batches of rows, read as they are asked for."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...workspace.layout import BadInput
from .. import bounded, cleaning
from ..lines import lines
from ..source import BATCH

JSON = (".jsonl", ".ndjson", ".json")
SUFFIXES = (".csv", ".tsv", ".parquet", *JSON)
BATCH_CHARACTERS = 8 << 20
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL")  # of columns beside the text; a text may be the word "null"


def batches(file: Path, notes: list[str]) -> Iterator[pa.Table]:
    """Tables of at most BATCH rows. What was changed is added to `notes` at the end. Raises BadInput."""
    cleaning.check_size(file.stat().st_size, file.name)
    suffix = file.suffix.lower()
    if suffix == ".parquet":
        return _parquet(file)
    return _json(file, notes) if suffix in JSON else _csv(file)


def rows(files: list[Path]) -> int | None:
    """How many rows Parquet files say they have; None of other files."""
    if any(file.suffix.lower() != ".parquet" for file in files):
        return None
    try:
        return sum(pq.read_metadata(file).num_rows for file in files)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(files[0].name, error) from None


def typed(table: pa.Table) -> pa.Table:
    """Columns of a text file, all of which are written as text: numbers where every value is one."""
    return pa.table({name: _typed(table.column(name)) for name in table.column_names})


def unreadable(name: str, error: Exception) -> BadInput:
    """The line for a table that cannot be read. Raises `error` itself where memory was missing."""
    if isinstance(error, MemoryError):
        raise error
    reason = str(error).strip().split("\n")[0]
    return BadInput(f"{name}: expected a readable table, found {reason or type(error).__name__}"[:300])


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    known = pc.if_else(pc.is_in(column, value_set=pa.array(MISSING)), pa.scalar(None, pa.string()), column)
    if known.null_count < len(known):
        for kind in (pa.int64(), pa.float64()):
            try:
                return pc.cast(known, kind)
            except pa.ArrowInvalid:
                continue
    return known


def _csv(file: Path) -> Iterator[pa.Table]:
    """A tab-separated file has no quotes (IANA text/tab-separated-values); a comma-separated one has (RFC 4180)."""
    csv.field_size_limit(cleaning.MAX_TEXT)
    tabs = file.suffix.lower() == ".tsv"
    style = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if tabs else {"strict": True}
    reader = csv.reader((line + "\n" for _, line in lines(file, cleaning.MAX_RECORD)), **style)
    try:
        names = _names(next(reader, []), file.name)
        rows = (_whole(row, len(names), f"{file.name}: line {reader.line_num:,}") for row in reader if row)
        for held in grouped(rows, lambda row: sum(map(len, row))):
            yield pa.table(dict(zip(names, map(pa.array, zip(*held, strict=True)), strict=True)))
    except csv.Error as error:
        what = "tab-separated values" if tabs else "comma-separated values with every quote closed"
        raise BadInput(f"{file.name}: line {reader.line_num:,}: expected {what}, found {error}") from None


def _whole(row: list[str], columns: int, where: str) -> list[str]:
    if len(row) != columns:
        raise BadInput(
            f"{where}: expected {columns} columns in every row, found {len(row)} in the one that begins {row[0][:40]!r}"
        )
    return row


def _names(header: list[str], where: str) -> list[str]:
    if not header or len(header) > cleaning.MAX_COLUMNS:
        raise BadInput(f"{where}: expected 1 to {cleaning.MAX_COLUMNS} columns, found {len(header)}")
    names = [name.strip() or f"column {place}" for place, name in enumerate(header)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadInput(f"{where}: expected different column names, found {twice[:60]!r} twice")
    return names


def _json(file: Path, notes: list[str]) -> Iterator[pa.Table]:
    repaired = 0
    for lines_held in grouped(_objects(file), lambda found: found[1]):
        held = [record for record, _ in lines_held]
        names = list(dict.fromkeys(name for record in held for name in record))
        if len(names) > cleaning.MAX_COLUMNS:
            raise BadInput(f"{file.name}: expected at most {cleaning.MAX_COLUMNS} keys, found {len(names):,}")
        columns = {}
        for name in names:
            values = [_plain(record.get(name)) for record in held]
            repaired += sum(changed for _, changed in values)
            columns[cleaning.whole(name)[0]] = _array([value for value, _ in values])
        yield pa.table(columns)
    if repaired:
        notes.append(f"{repaired:,} values held half a character (a lone surrogate), which became U+FFFD.")


def _objects(file: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """(an object, the characters of its line) one after the other."""
    for number, line in lines(file, cleaning.MAX_RECORD):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadInput(
                f"{file.name}: line {number:,}: expected one JSON object a line, found {error}"[:300]
            ) from None
        if not isinstance(record, dict):
            kind = {list: "a list", str: "a text"}.get(type(record), "a single value")
            raise BadInput(f"{file.name}: line {number:,}: expected one JSON object a line, found {kind}")
        yield record, len(line)


def _plain(value: Any) -> tuple[Any, bool]:
    """(a value that a column can hold, whether it had to be repaired); lists and objects are kept as JSON."""
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    return cleaning.whole(value) if isinstance(value, str) else (value, False)


def _array(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values])


def grouped(records: Iterable[Any], size) -> Iterator[list[Any]]:
    """Records in lists of at most BATCH, fewer where they are long, so that a list of them stays small."""
    held, characters = [], 0
    for record in records:
        held.append(record)
        characters += size(record)
        if len(held) == BATCH or characters > BATCH_CHARACTERS:
            yield held
            held, characters = [], 0
    if held:
        yield held


def _parquet(file: Path) -> Iterator[pa.Table]:
    try:
        yield from bounded.parquet(file, rows=BATCH, cap=partial(cleaning.check_decoded, name=file.name))
    except (pa.ArrowException, OSError) as error:
        raise unreadable(file.name, error) from None
