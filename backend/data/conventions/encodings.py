"""In which encoding a text file is written: its byte-order mark says it, else it is UTF-8, else a person has to.

A code page cannot be told from its bytes: 0xe9 is "é" in Western Europe and "й" in Russia. So it is never guessed; the
line that refuses the file shows how the likeliest one would read.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from ...workspace.layout import BadInput

MARKS = (
    (codecs.BOM_UTF32_LE, None),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What a person may say: Python's name -> what it is
KNOWN = {
    "utf-8": "Unicode",
    "utf-16": "Unicode, with a byte-order mark",
    "utf-16-le": "Unicode, without a byte-order mark",
    "utf-16-be": "Unicode, without a byte-order mark",
    "cp1252": "Western Europe, Windows",
    "latin-1": "Western Europe",
    "iso8859-15": "Western Europe, with the euro",
    "mac-roman": "Western Europe, old Macs",
    "cp850": "Western Europe, DOS",
    "cp437": "United States, DOS",
    "cp1250": "Central Europe, Windows",
    "iso8859-2": "Central Europe",
    "cp1251": "Cyrillic, Windows",
    "koi8-r": "Cyrillic",
    "cp1253": "Greek, Windows",
    "cp1254": "Turkish, Windows",
    "cp1255": "Hebrew, Windows",
    "cp1256": "Arabic, Windows",
    "cp1257": "Baltic, Windows",
    "cp1258": "Vietnamese, Windows",
    "gb18030": "Chinese, simplified",
    "big5": "Chinese, traditional",
    "shift-jis": "Japanese",
    "cp932": "Japanese, Windows",
    "euc-jp": "Japanese, Unix",
    "cp949": "Korean, Windows",
    "euc-kr": "Korean",
}
BLOCK = 1 << 20  # bytes
LIKELY = "cp1252"


def known(name: str) -> str | None:
    """The encoding that a person said as KNOWN has it ("Windows-1252" is cp1252), None for another."""
    try:
        asked = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        return None
    return next((ours for ours in KNOWN if codecs.lookup(ours).name == asked), None)


def of(path: Path, told: str | None, name: str) -> str:
    """The codec to read a file with: what was told (of KNOWN), else what the file says. Raises BadInput."""
    return {"utf-8": "utf-8-sig"}.get(told, told) if told else found(path, name)


def found(path: Path, name: str) -> str:
    """What the file's first bytes say. Raises BadInput for UTF-32 and for what looks like UTF-16 without its mark."""
    with open(path, "rb") as file:
        head = file.read(4096)
    for mark, encoding in MARKS:
        if head.startswith(mark):
            if encoding is None:
                raise BadInput(f"{name}: expected UTF-8 or UTF-16, found UTF-32; save it as UTF-8")
            return encoding
    order = _unmarked(head)
    if order:
        raise BadInput(
            f"{name}: expected UTF-8 or UTF-16 with a byte-order mark, found NUL characters as in {order.upper()} "
            f"without a mark; choose the encoding {order}, or save it as UTF-8"
        )
    return "utf-8"


def undecoded(path: Path, encoding: str, name: str) -> BadInput:
    """The line for a file that is not in its encoding; the byte is looked for again, block by block."""
    kind = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    decoder, fed = codecs.getincrementaldecoder(kind)(), 0
    with open(path, "rb") as file:
        while True:
            block = file.read(BLOCK)
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return _wrong_byte(path, name, kind, fed - held + error.start, error)
            fed += len(block)
            if not block:
                return BadInput(f"{name}: expected {kind.upper()}, found other bytes")


def _unmarked(head: bytes) -> str | None:
    """utf-16-le or utf-16-be where every other byte of the beginning is NUL, as in Latin letters."""
    pairs = len(head) // 2
    if pairs < 4:
        return None
    even, odd = head[: 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if odd > 0.7 * pairs and even < 0.1 * pairs:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 * pairs and odd < 0.1 * pairs else None


def _wrong_byte(path: Path, name: str, kind: str, offset: int, error: UnicodeDecodeError) -> BadInput:
    byte = error.object[error.start]
    advice = "save it as UTF-8 (`iconv -f CURRENT -t UTF-8`)"
    if kind == "utf-8" and (word := _as_likely(path, offset)):
        advice = (
            f"in {LIKELY} it reads {word!r}: choose that encoding if this is right (--encoding {LIKELY}), or {advice}"
        )
    return BadInput(
        f"{name}: expected {kind.upper()}, found byte 0x{byte:02x} at offset {offset:,} ({error.reason}); {advice}"
    )


def _as_likely(path: Path, offset: int) -> str:
    """The word around a byte as the likeliest code page would have it, "" where that has no such character."""
    start = max(0, offset - 24)
    with open(path, "rb") as file:
        file.seek(start)
        around = file.read(48)
    at = offset - start
    left = max((around.rfind(b, 0, at) for b in (b" ", b"\n", b"\t", b",", b'"', b";")), default=-1) + 1
    rights = [r for b in (b" ", b"\n", b"\r", b"\t", b",", b'"', b";") if (r := around.find(b, at)) >= 0]
    try:
        word = around[left : min(rights, default=len(around))].decode(LIKELY)
    except UnicodeDecodeError:
        return ""
    return word if word.isprintable() and any(c.isalpha() for c in word) else ""
