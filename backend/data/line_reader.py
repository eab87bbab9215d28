"""A text file line by line in constant memory: UTF-8, UTF-16 where it begins with a byte-order mark, or as was said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from . import cleaning
from .conventions.encodings import of, undecoded

LOOK = 4 << 20  # characters from which it is told how a file parts its documents
BLANK_SHARE = 0.01  # of the lines


def lines(
    path: Path,
    limit: int = cleaning.MAX_TEXT,
    *,
    encoding: str | None = None,
    name: str | None = None,
    ends: str | None = None,
) -> Iterator[tuple[int, str]]:
    """(number from 1, line without its end). Raises BadInput for other encodings, long lines and NUL characters.

    encoding: what a person said; without it the byte-order mark decides, else it is UTF-8. name: of the file in
    messages. ends: lines keep theirs; "\n" where no other sign ends one, "" where a carriage return does as well.
    """
    name = name or path.name
    cleaning.check_size(path.stat().st_size, name)
    encoding = of(path, encoding, name)
    number = 0
    try:
        with open(path, encoding=encoding, newline=ends) as file:
            while line := file.readline(limit + (2 if ends is None else 3)):
                number += 1
                line = line.removesuffix("\n") if ends is None else line
                if len(line) > limit + (0 if ends is None else 2):
                    raise cleaning.too_long(f"{name}: line {number:,}", limit)
                if "\0" in line:
                    cleaning.check(line[:1] + "\0", f"{name}: line {number:,}")
                yield number, line
    except UnicodeDecodeError:
        raise undecoded(path, encoding, name) from None


def documents(path: Path, encoding: str | None = None) -> tuple[bool, Iterator[tuple[int, str]]]:
    """(whether blank lines part the documents, (first line, document) one by one); else each line is a document."""
    parted = _parted(path, encoding)
    return parted, _paragraphs(path, encoding) if parted else lines(path, encoding=encoding)


def _parted(path: Path, encoding: str | None) -> bool:
    """Whether blank lines between text are at least BLANK_SHARE of the first lines: a stray one parts nothing."""
    seen = characters = between = blank = 0
    begun = False
    for seen, line in lines(path, encoding=encoding):  # noqa: B007
        characters += len(line) + 1
        if line.strip():
            between, blank, begun = between + (begun and blank > 0), 0, True
        else:
            blank += 1
        if characters > LOOK:
            break
    return between > 0 and between >= BLANK_SHARE * seen


def _paragraphs(path: Path, encoding: str | None) -> Iterator[tuple[int, str]]:
    first, held, length = 0, [], 0
    for number, line in lines(path, encoding=encoding):
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
