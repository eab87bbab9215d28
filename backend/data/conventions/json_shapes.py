"""The shapes in which people write records as JSON, as one stream of objects.

    one object a line                       of any size (JSON lines)
    an array of objects, or objects one after the other, however they are laid out
    {"data": [objects]}                     an object of which one value is the array
    {"train": [objects], "test": [...]}     arrays that are called like splits
    {"text": [...], "label": [...]}         a list of values for each column
    {"text": {"0": ...}, "label": {...}}    the same with row names, as pandas writes it
    {"columns": [...], "data": [[...]]}     names and rows apart, as pandas writes it with orient="split"
All but the first are read at once, so they are bounded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...workspace.layout import BadInput
from .. import cleaning
from ..line_reader import lines
from . import encodings, splits

MAX_WHOLE = 64 << 20  # characters of a file that is not one object a line
ERRORS = (ValueError, RecursionError)  # of json: not JSON, a number of thousands of digits, too deep
Found = tuple[int, dict[str, Any], int]  # the line on which an object begins, the object, its characters
_EXPECTED = "expected one JSON object a line, or an array of objects"


def objects(file: Path, encoding: str | None, name: str, notes: list[str]) -> Iterator[Found]:
    """The objects one by one; `notes` gets what shape the file has where that is not plain. Raises BadInput."""
    cleaning.check_size(file.stat().st_size, name)
    encoding = encodings.of(file, encoding, name)
    if _a_line_each(file, encoding, name):
        yield from _lines(file, encoding, name)
        return
    text = _whole(file, encoding, name)
    found = list(_values(text, name))
    if len(found) == 1:
        rows = list(_one(found[0][1], f"{name}: line {found[0][0]:,}", name, notes))
        for row in rows:
            yield found[0][0], row, len(text) // len(rows)
        return
    for number, value in found:
        yield number, _object(value, f"{name}: line {number:,}"), len(text) // len(found)


def _a_line_each(file: Path, encoding: str, name: str) -> bool:
    """Whether the first line that is not blank is an object by itself and either not the last or no table inside."""
    try:
        with open(file, encoding=encoding) as opened:
            first = ""
            while not first.strip() and (line := opened.readline(cleaning.MAX_RECORD + 2)):
                first = line
            more = bool(opened.read(4096).strip())
    except UnicodeDecodeError:
        raise encodings.undecoded(file, encoding, name) from None
    try:
        value = json.loads(first)
    except ERRORS:
        return False
    return isinstance(value, dict) and (more or not any(isinstance(v, list | dict) for v in value.values()))


def _lines(file: Path, encoding: str, name: str) -> Iterator[Found]:
    for number, line in lines(file, cleaning.MAX_RECORD, encoding=encoding, name=name):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ERRORS as error:
            raise BadInput(f"{name}: line {number:,}: expected one JSON object a line, found {error}"[:300]) from None
        yield number, _object(value, f"{name}: line {number:,}"), len(line)


def _whole(file: Path, encoding: str, name: str) -> str:
    try:
        with open(file, encoding=encoding) as opened:
            text = opened.read(MAX_WHOLE + 1)
    except UnicodeDecodeError:
        raise encodings.undecoded(file, encoding, name) from None
    if len(text) > MAX_WHOLE:
        raise BadInput(
            f"{name}: expected at most {MAX_WHOLE >> 20} million characters of JSON in one piece, found more; write "
            "one object a line (JSON lines)"
        )
    return text


def _values(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """(line, value) of the JSON values that stand one after the other."""
    decoder, at, number = json.JSONDecoder(), 0, 1
    while True:
        begin = at
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        number += text.count("\n", begin, at)
        if at == len(text):
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except ERRORS as error:
            line = getattr(error, "lineno", number)
            raise BadInput(f"{name}: line {line:,}: {_EXPECTED}, found {error}"[:300]) from None
        yield number, value
        number += text.count("\n", at, end)
        at = end


def _one(value: Any, where: str, name: str, notes: list[str]) -> Iterator[dict[str, Any]]:
    """The rows of a file that is a single value."""
    if isinstance(value, list):
        if value and not isinstance(value[0], dict):
            raise BadInput(f"{where}: {_EXPECTED}, found a list of other values")
        yield from (_object(item, f"{name}: item {at:,} of the array") for at, item in enumerate(value))
        return
    record = _object(value, where)
    tables = {
        key: held for key, held in record.items() if isinstance(held, list) and held and isinstance(held[0], dict)
    }
    split_of = {key: splits.named(key) for key in tables}
    if len(tables) > 1 and None in split_of.values():
        raise BadInput(f"{name}: expected one array of objects, found {len(tables)}: {', '.join(tables)[:200]}")
    if tables:
        notes.append(f"{name} holds its rows under {' and '.join(map(repr, tables))}.")
    for key, rows in tables.items():
        told = {"split": split_of[key]} if split_of[key] else {}
        yield from (told | _object(item, f"{name}: item {at:,} under {key!r}") for at, item in enumerate(rows))
    if not tables:
        yield from _by_column(record, name, notes)


def _by_column(record: dict[str, Any], name: str, notes: list[str]) -> Iterator[dict[str, Any]]:
    """Rows of an object that holds a list of values for each column, or the names of the columns beside their rows."""
    if isinstance(record.get("columns"), list) and isinstance(record.get("data"), list):  # pandas, orient="split"
        notes.append(f"{name} holds the names of its columns apart from the rows.")
        columns = [str(column) for column in record["columns"]]
        wrong = next((row for row in record["data"] if not isinstance(row, list) or len(row) != len(columns)), None)
        if wrong is not None:
            raise BadInput(f"{name}: expected {len(columns)} values in every row, found {str(wrong)[:60]}")
        yield from (dict(zip(columns, row, strict=True)) for row in record["data"])
        return
    held = list(record.values())
    shape = next((shape for shape in (list, dict) if held and all(isinstance(v, shape) for v in held)), None)
    if shape is None:
        yield record
        return
    keys = range(len(held[0])) if shape is list else list(held[0])
    if any(len(values) != len(keys) or (shape is dict and set(values) != set(keys)) for values in held):
        sizes = ", ".join(f"{len(values):,} in {column}" for column, values in list(record.items())[:4])
        raise BadInput(f"{name}: expected the same rows in every column, found {sizes}"[:300])
    notes.append(f"{name} holds its columns one after the other.")
    yield from ({column: values[key] for column, values in record.items()} for key in keys)


def _object(value: Any, where: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    kind = {list: "a list", str: "a text"}.get(type(value), "a single value")
    raise BadInput(f"{where}: expected one JSON object a line, found {kind}")
