"""CSV, TSV, JSON and Parquet as batches of rows, read as they are asked for. What is text stays as it is written."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...workspace.layout import BadInput
from .. import bounded, cleaning
from ..conventions import dialect, missing, schema, written
from ..conventions.json_shapes import objects
from ..conventions.told import Told
from ..source import BATCH

TEXT = tuple(dialect.OWN)  # in these files every value is text, and a missing one can only be a word
JSON = (".jsonl", ".ndjson", ".json")
SUFFIXES = (*TEXT, ".parquet", ".pq", *JSON)
BATCH_CHARACTERS = 8 << 20
AS_FOUND = Told()


def batches(
    file: Path, notes: list[str], told: Told = AS_FOUND, name: str | None = None, how: list[str] | None = None
) -> Iterator[pa.Table]:
    """Tables of at most BATCH rows. Raises BadInput.

    name: the file's in messages. What was changed is added to `notes` at the end, how the file is written to `how`
    where that is unusual.
    """
    name = name or file.name
    cleaning.check_size(file.stat().st_size, name)
    check_told(file, told, name)
    if is_parquet(file):
        return _parquet(file, name)
    return _json(file, notes, told, name) if file.suffix.lower() in JSON else _csv(file, notes, told, name, how)


def check_told(file: Path, told: Told, name: str) -> None:
    """Raises BadInput where it was said how a file is written and files of its kind have no such thing."""
    has = (
        ()
        if is_parquet(file)
        else ("encoding",)
        if file.suffix.lower() in JSON
        else ("encoding", "separator", "header")
    )
    said = (what for what in ("encoding", "separator", "header") if getattr(told, what) is not None)
    if odd := next((what for what in said if what not in has), None):
        raise BadInput(f"{odd}: expected it for tables of text alone (CSV, TSV), found {name}")


def is_parquet(file: Path) -> bool:
    return file.suffix.lower() in (".parquet", ".pq")


def words_only(files: Iterable[Path]) -> Container[str]:
    """The columns in which the files can say that a value is missing by a blank or a word alone: all or none."""
    return missing.EVERY_COLUMN if any(file.suffix.lower() in TEXT for file in files) else ()


def rows(files: list[Path]) -> int | None:
    """How many rows Parquet files say they have; None of other files."""
    if not all(map(is_parquet, files)):
        return None
    return sum(_metadata(file).num_rows for file in files)


def classes(file: Path) -> dict[str, list[str]]:
    """{column: names of its classes} as the `datasets` library writes them into Parquet; {} of other files."""
    if not is_parquet(file):
        return {}
    return schema.classes(schema.features(_metadata(file).schema.to_arrow_schema()))


def line_of(file: Path, row: int, told: Told = AS_FOUND) -> int | None:
    """The line on which a row (from 0) of a text file begins; None of Parquet. It reads the file again."""
    if is_parquet(file):
        return None
    if file.suffix.lower() in JSON:
        begins = (line for line, _, _ in objects(file, told.encoding, file.name, []))
    else:
        style = dialect.sniff(file, told, file.name)
        begins = (line for line, _ in _data_rows(file, style, file.name, []))
    return next((line for at, line in enumerate(begins) if at == row), None)


def unreadable(name: str, error: Exception) -> BadInput:
    """The line for a table that cannot be read. Raises `error` itself where memory was missing."""
    if isinstance(error, MemoryError):
        raise error
    reason = str(error).strip().split("\n")[0]
    return BadInput(f"{name}: expected a readable table, found {reason or type(error).__name__}"[:300])


def _csv(file: Path, notes: list[str], told: Told, name: str, how: list[str] | None) -> Iterator[pa.Table]:
    style = dialect.sniff(file, told, name)
    if how is not None:
        how += [said for said in style.said if said not in how]
    _, first = next(dialect.records(file, style, name), (0, []))
    names = dialect.column_names(first, style.header, name)
    whole = (
        _whole(row, len(names), f"{name}: line {line:,}", style) for line, row in _data_rows(file, style, name, notes)
    )
    for held in grouped(whole, lambda row: sum(map(len, row))):
        columns = zip(names, zip(*held, strict=True), strict=True)
        yield pa.table({column: pa.array(values, pa.string()) for column, values in columns})


def _whole(row: list[str], columns: int, where: str, style: dialect.Dialect) -> list[str]:
    if len(row) != columns:
        parted = "" if style.separator == "," else f" (parted by {dialect.called(style.separator)})"
        raise BadInput(
            f"{where}: expected {columns} columns in every row{parted}, found {len(row)} in the one that begins "
            f"{row[0][:40]!r}"
        )
    return row


def _data_rows(file: Path, style: dialect.Dialect, name: str, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    """(line, values) of every row but the header, which a file that was joined from several has again and again."""
    found = dialect.records(file, style, name)
    header = next(found, (0, None))[1] if style.header else None
    again = 0
    for line, row in found:
        if row == header and len(row) > 1:
            again += 1
            continue
        yield line, row
    if again:
        notes.append(f"{name}: the header stands {again:,} more times among the rows and was left out there.")


def _json(file: Path, notes: list[str], told: Told, name: str) -> Iterator[pa.Table]:
    repaired = 0
    for found in grouped(objects(file, told.encoding, name, notes), lambda found: found[2]):
        held = [record for _, record, _ in found]
        names = list(dict.fromkeys(name for record in held for name in record))
        cleaning.check_columns(len(names), name)
        fields, columns = [], []
        for key in names:
            values = [_plain(record.get(key)) for record in held]
            repaired += sum(changed for _, changed, _ in values)
            columns.append(_array([value for value, _, _ in values]))
            nested = any(deep for _, _, deep in values)
            fields.append(
                pa.field(cleaning.whole(key)[0], columns[-1].type, metadata=schema.NESTED if nested else None)
            )
        yield pa.table(columns, pa.schema(fields))
    if repaired:
        notes.append(f"{repaired:,} values held half a character (a lone surrogate), which became U+FFFD.")


def _plain(value: Any) -> tuple[Any, bool, bool]:
    """(a value that a column can hold, whether it had to be repaired, whether it is a list or object, kept as JSON)."""
    deep = isinstance(value, list | dict)
    if deep:
        value = json.dumps(value, ensure_ascii=False)
    return (*(cleaning.whole(value) if isinstance(value, str) else (value, False)), deep)


def _array(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float} or kinds == {float}:
        values = [None if value != value else value for value in values]  # NaN, which JSON has not, is no value
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        told = [value if value is None or isinstance(value, str) else written.word(value) for value in values]
        return pa.array(told, pa.string())


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


def _metadata(file: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(file)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(file.name, error) from None


def _parquet(file: Path, name: str) -> Iterator[pa.Table]:
    try:
        names = classes(file)
        for piece in bounded.parquet(file, rows=BATCH, cap=partial(cleaning.check_decoded, name=name)):
            yield schema.with_names(schema.plain_index(piece, name), names, name)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(name, error) from None
