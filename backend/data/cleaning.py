"""What a text may be: the limits, what is refused and what is changed. Stated here and nowhere else.

Refused with one line that names the place: NUL characters (they mean a binary file, or UTF-16 without a byte-order
mark), a text, line or cell longer than MAX_TEXT, bytes that are not the encoding that the file begins with.
Changed, and told in the data sheet: lone surrogates (half a character, as broken JSON holds) become U+FFFD. Kept out,
and counted in the data sheet: texts of nothing but white space. Everything else stays as it was written.
"""

from __future__ import annotations

import re

from ..workspace.layout import BadInput

MAX_TEXT = 1_000_000  # characters of one text
MAX_RECORD = 4 * MAX_TEXT  # characters of one line of CSV or JSON, which may hold several texts
MAX_ROWS = 20_000_000
MAX_BYTES = 64 * 2**30  # of a source's files together
MAX_OTHER = 256 * 2**20  # bytes of the columns beside the text, which are held in memory
MAX_COLUMNS = 10_000

_LONE = re.compile("[\ud800-\udfff]")


def whole(text: str) -> tuple[str, bool]:
    """(the text with U+FFFD for each lone surrogate, whether there was one)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE.sub("�", text), True
    return text, False


def check(text: str, where: str) -> None:
    """Raises BadInput, opening with `where`, for a text that is too long or holds a NUL character."""
    if len(text) > MAX_TEXT:
        raise too_long(where, MAX_TEXT)
    if "\0" in text:
        raise BadInput(
            f"{where}: expected text, found a NUL character; the source is binary, or UTF-16 without a byte-order "
            "mark: save it as UTF-8"
        )


def too_long(where: str, limit: int) -> BadInput:
    return BadInput(f"{where}: expected at most {limit:,} characters, found more; cut it into several texts")


def check_size(total: int, name: str) -> None:
    """Raises BadInput for an empty source and for one that is too large."""
    if total == 0:
        raise BadInput(f"{name}: expected text, found an empty file (0 bytes)")
    if total > MAX_BYTES:
        raise BadInput(f"{name}: expected at most {MAX_BYTES / 2**30:.0f} GiB, found {total / 2**30:.1f} GiB")


def check_columns(count: int, where: str) -> None:
    """Raises BadInput for a table without a column and for one of too many, whatever its format."""
    if not 1 <= count <= MAX_COLUMNS:
        raise BadInput(f"{where}: expected 1 to {MAX_COLUMNS:,} columns, found {count:,}")


def check_decoded(total: int, name: str) -> None:
    """Raises BadInput for rows that are more bytes once they are written out than a source's files may be."""
    if total > MAX_BYTES:
        raise BadInput(
            f"{name}: expected rows of at most {MAX_BYTES / 2**30:.0f} GiB once they are decoded, found "
            f"{total / 2**30:.1f} GiB; the file holds far more than its size tells"
        )


def check_rows(rows: int, name: str) -> None:
    if rows > MAX_ROWS:
        raise BadInput(f"{name}: expected at most {MAX_ROWS:,} texts, found more; take a sample, or join short texts")
