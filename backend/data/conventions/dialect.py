"""How a file of separated values is written: encoding, separator, quotes, header. The sheet tells what is unusual.

A person may say each of them. Else the encoding is the file's own (encodings.py), and the separator is the one its
name promises wherever that parts every row alike, then the first of ; , tab | that does.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path

from ...workspace.layout import BadInput
from .. import cleaning
from ..line_reader import lines
from . import encodings, written
from .names import columns
from .told import Told

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
OWN = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
LOOK_LINES = 2_000
LOOK_CHARACTERS = 1 << 20
_DIRECTIVE = re.compile(r"sep=(.)", re.IGNORECASE)  # Excel's first line


@dataclass(frozen=True)
class Dialect:
    """How one file is written. quoted: a value may stand in quotes. blanks: one follows every separator."""

    encoding: str
    separator: str
    quoted: bool = True
    blanks: bool = False
    header: bool = True
    skip: int = 0  # lines before the header
    ends: str = "\n"  # of lines; "": carriage returns, as old Macs write them
    said: tuple[str, ...] = field(default=(), compare=False)  # what is unusual, in words


def sniff(file: Path, told: Told, name: str) -> Dialect:
    """How the file is written. Raises BadInput where its first row may be data."""
    encoding = encodings.of(file, told.encoding, name)
    ends = _ends(file, encoding)
    head, whole = _head(file, encoding, name, ends)
    directive = _DIRECTIVE.fullmatch(head[0].rstrip("\r\n")) if head else None
    skip = int(bool(directive))
    own = OWN.get(file.suffix.lower(), ",")
    first = told.separator or (directive[1] if directive else None)
    tries = [first] if first else [own, *(s for s in (";", ",", "\t", "|") if s != own)]
    fits = (fit for separator in tries if (fit := _fit(head[skip:], whole, separator)))
    separator, quoted, blanks = next(fits, (tries[0], True, False))
    if separator == "\t":
        quoted = _opens_with_quotes(file, encoding, name) and _evenly_quoted(
            file, Dialect(encoding, separator, True, blanks, skip=skip, ends=ends), name
        )
    if told.header is None:
        _check_header(_rows(head[skip:], whole, separator, quoted, blanks), name)
    said = [] if encoding in ("utf-8", "utf-8-sig") else [f"encoding {encoding}"]
    said += [] if separator == own else [f"values parted by {called(separator)}"]
    said += ["no header, so the columns are called column 1, column 2, ..."] if told.header is False else []
    return Dialect(encoding, separator, quoted, blanks, told.header is not False, skip, ends, tuple(said))


def records(file: Path, dialect: Dialect, name: str) -> Iterator[tuple[int, list[str]]]:
    """(line on which it begins, its values) of every row that is not blank, the header included. Raises BadInput."""
    csv.field_size_limit(cleaning.MAX_TEXT)
    form = {"encoding": dialect.encoding, "name": name, "ends": dialect.ends}
    text = (line for _, line in lines(file, cleaning.MAX_RECORD, **form))
    reader = _reader(islice(text, dialect.skip, None), dialect.separator, dialect.quoted, dialect.blanks)
    begin = dialect.skip + 1
    try:
        for row in reader:
            if row:
                yield begin, _unmarked(row)
            begin = dialect.skip + reader.line_num + 1
    except csv.Error as error:
        parted = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}.get(dialect.separator, dialect.separator)
        what = f"{parted}-separated values" + (" with every quote closed" if dialect.quoted else "")
        raise BadInput(f"{name}: line {begin:,}: expected {what}, found {error}") from None


def called(separator: str) -> str:
    """A separator in words."""
    return SEPARATORS.get(separator, repr(separator))


def column_names(first: list[str], header: bool, where: str) -> list[str]:
    """The columns' names without blanks around them; one without a name is called by its place. Raises BadInput."""
    cleaning.check_columns(len(first), where)
    told = [name if header else "" for name in first]
    return columns([name.strip() or f"column {place}" for place, name in enumerate(told, 1)], where)


def _ends(file: Path, encoding: str) -> str:
    """How lines end: as the first one does that is not in quotes."""
    with open(file, encoding=encoding, errors="replace", newline="") as opened:
        head = opened.read(LOOK_CHARACTERS)
    quoted = False
    for at, sign in enumerate(head):
        quoted ^= sign == '"'
        if sign in "\r\n" and not quoted:
            return "" if sign == "\r" and head[at + 1 : at + 2] != "\n" else "\n"
    return "\n"


def _head(file: Path, encoding: str, name: str, ends: str) -> tuple[list[str], bool]:
    """(the first lines, whether they are all)."""
    held, characters = [], 0
    for _, line in lines(file, cleaning.MAX_RECORD, encoding=encoding, name=name, ends=ends):
        held.append(line)
        characters += len(line)
        if len(held) == LOOK_LINES or characters > LOOK_CHARACTERS:
            return held, False
    return held, True


def _reader(text: Iterable[str], separator: str, quoted: bool, blanks: bool):
    style = {"strict": True} if quoted else {"quoting": csv.QUOTE_NONE}
    return csv.reader(map(_marked, text), delimiter=separator, skipinitialspace=blanks, **style)


def _marked(line: str) -> str:
    """A line whose carriage returns within values are NUL, which no text may hold: `csv` would end the row there."""
    if "\r" not in line:
        return line
    end = next((end for end in ("\r\n", "\n", "\r") if line.endswith(end)), "")
    return line.removesuffix(end).replace("\r", "\0") + end


def _unmarked(row: list[str]) -> list[str]:
    return [value.replace("\0", "\r") if "\0" in value else value for value in row]


def _fit(head: list[str], whole: bool, separator: str) -> tuple[str, bool, bool] | None:
    """(separator, whether values stand in quotes, whether a blank follows it) where that parts every row alike.

    A tab-separated file may have quotes (as pandas writes it) or none (IANA text/tab-separated-values).
    """
    for quoted in (True, False) if separator == "\t" else (True,):
        header = next(iter(_rows(head[:1], False, separator, False, False)), [])
        padded = len(header) > 1 and all(name.startswith(" ") for name in header[1:])
        for blanks in (True, False) if padded else (False, True):
            if _even(_rows(head, whole, separator, quoted, blanks)):
                return separator, quoted, blanks
    return None


def _rows(head: list[str], whole: bool, separator: str, quoted: bool, blanks: bool) -> list[list[str]]:
    csv.field_size_limit(cleaning.MAX_TEXT)
    rows = []
    try:
        rows.extend(row for row in _reader(head, separator, quoted, blanks) if row)
    except csv.Error:
        return [] if whole else rows
    return rows if whole or len(rows) < 2 else rows[:-1]  # the last one may be cut


def _even(rows: list[list[str]]) -> bool:
    return bool(rows) and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows)


def _opens_with_quotes(file: Path, encoding: str, name: str) -> bool:
    """Whether a value of a tab-separated file begins with a quote, anywhere in it."""
    text = lines(file, cleaning.MAX_RECORD, encoding=encoding, name=name)
    return any('"' in line and (line.startswith('"') or '\t"' in line) for _, line in text)


def _evenly_quoted(file: Path, dialect: Dialect, name: str) -> bool:
    """Whether the whole file is parted alike when its quotes are taken for quotes."""
    try:
        widths = {len(row) for _, row in records(file, dialect, name)}
    except BadInput:
        return False
    return len(widths) == 1


def _check_header(rows: list[list[str]], name: str) -> None:
    """Raises BadInput that asks, where the first row looks like data."""
    body = [row for row in rows[1:] if row != rows[0]][:200]
    if len(body) < 3:
        return
    steps = {int(b) - int(a) for a, b in pairwise(cell for cell in rows[0] if cell.strip().isdecimal())}
    for place, cell in enumerate(map(str.strip, rows[0])):
        values = [row[place].strip() for row in body if place < len(row) and row[place].strip()]
        if cell and values and _like_data(cell, values, counted=len(steps) == 1 and steps != {0}):
            raise BadInput(
                f"{name}: expected names of columns in the first row, found {cell[:60]!r}, which looks like data: say "
                "whether the file has a header (--header) or none (--no-header)"
            )


def _like_data(cell: str, values: list[str], counted: bool) -> bool:
    """Whether a name is like the values below it. counted: the names are numbers in steps (0, 1, 2; 1990, 2000)."""
    ending = re.search(r"\.[A-Za-z]\w{1,4}$", cell)
    if values.count(cell) > 1 or len(cell) > 200 or (ending and all(v.endswith(ending[0]) for v in values)):
        return not (counted and cell.isdecimal())
    if counted or not all(re.match(written.NUMBER, v) for v in (cell, *values)):
        return False
    numbers = [float(v) for v in values]
    return min(numbers) <= float(cell) <= max(numbers)
