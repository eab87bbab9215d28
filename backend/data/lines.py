"""A text file line by line in constant memory: UTF-8, or UTF-16 where it begins with a byte-order mark."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from ..workspace.layout import BadInput
from . import cleaning

BLOCK = 1 << 20  # bytes
LOOK = 4 << 20  # characters from which it is told how a file parts its documents
BLANK_SHARE = 0.01  # of the lines
MARKS = (
    (codecs.BOM_UTF32_LE, None),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def lines(path: Path, limit: int = cleaning.MAX_TEXT) -> Iterator[tuple[int, str]]:
    """(number from 1, line without its end). Raises BadInput for other encodings, long lines and NUL characters."""
    cleaning.check_size(path.stat().st_size, path.name)
    encoding = _encoding(path)
    number = 0
    try:
        with open(path, encoding=encoding) as file:
            while line := file.readline(limit + 2):
                number += 1
                line = line.removesuffix("\n")
                if len(line) > limit:
                    raise cleaning.too_long(f"{path.name}: line {number:,}", limit)
                if "\0" in line:
                    cleaning.check(line[:1] + "\0", f"{path.name}: line {number:,}")
                yield number, line
    except UnicodeDecodeError:
        raise _undecoded(path, encoding) from None


def documents(path: Path) -> tuple[bool, Iterator[tuple[int, str]]]:
    """(whether blank lines part the documents, (first line, document) one by one); else each line is a document."""
    parted = _parted(path)
    return parted, _paragraphs(path) if parted else lines(path)


def _parted(path: Path) -> bool:
    """Whether blank lines between text are at least BLANK_SHARE of the first lines: a stray one parts nothing."""
    seen = characters = between = blank = 0
    begun = False
    for seen, line in lines(path):  # noqa: B007
        characters += len(line) + 1
        if line.strip():
            between, blank, begun = between + (begun and blank > 0), 0, True
        else:
            blank += 1
        if characters > LOOK:
            break
    return between > 0 and between >= BLANK_SHARE * seen


def _paragraphs(path: Path) -> Iterator[tuple[int, str]]:
    first, held, length = 0, [], 0
    for number, line in lines(path):
        if line.strip():
            first, length = first if held else number, length + len(line) + 1
            held.append(line)
            if length > cleaning.MAX_TEXT + 1:
                raise cleaning.too_long(f"{path.name}: the document from line {first:,}", cleaning.MAX_TEXT)
        elif held:
            yield first, "\n".join(held)
            held, length = [], 0
    if held:
        yield first, "\n".join(held)


def _encoding(path: Path) -> str:
    with open(path, "rb") as file:
        head = file.read(4)
    for mark, encoding in MARKS:
        if head.startswith(mark):
            if encoding is None:
                raise BadInput(f"{path.name}: expected UTF-8 or UTF-16, found UTF-32; save it as UTF-8")
            return encoding
    return "utf-8"


def _undecoded(path: Path, encoding: str) -> BadInput:
    """The line for a file that is not in its encoding; the byte is looked for again, block by block."""
    kind = "utf-16" if encoding == "utf-16" else "utf-8"
    decoder, fed = codecs.getincrementaldecoder(kind)(), 0
    with open(path, "rb") as file:
        while True:
            block, held = file.read(BLOCK), len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return _wrong_byte(path.name, kind, fed - held + error.start, error)
            fed += len(block)


def _wrong_byte(name: str, kind: str, offset: int, error: UnicodeDecodeError) -> BadInput:
    byte = error.object[error.start]
    return BadInput(
        f"{name}: expected {kind.upper()}, found byte 0x{byte:02x} at offset {offset:,} ({error.reason}); "
        "save it as UTF-8 (`iconv -f CURRENT -t UTF-8`)"
    )
