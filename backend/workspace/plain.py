"""What may enter the record: one rule for every door, on both sides of the process boundary.

Whatever is logged is hashed as canonical JSON (RFC 8785), so it has to be JSON that every reader reads alike: objects
with text as keys, lists, texts without halves of characters, integers up to 2**53 - 1 either way, finite numbers, true,
false and null, and at most DEEPEST of them inside one another. Names and titles are one line of printable characters;
what people write freely may also hold line breaks and tabs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from .layout import BadInput

LARGEST = 2**53 - 1  # RFC 8785, section 3.2.2.3: beyond it, readers that keep numbers as doubles disagree
DEEPEST = 64
NAME = 200  # characters of a name or a title, unless a place says otherwise
KEY = 500  # characters of an event's key
# Printed, though Unicode counts them as spaces or as formats: no-break spaces, and what joins letters and emoji.
PRINTED = frozenset("\u00a0\u202f\u200c\u200d")
LINES = frozenset("\n\t")


def check(value: Any, what: str) -> Any:
    """`value` if it may enter the record. Raises BadInput with one line that names the first place that may not."""
    if wrong := fault(value):
        place, expected, found = wrong
        raise BadInput(f"{what}{place}: expected {expected}, found {found}"[:400])
    return value


def fault(value: Any, depth: int = DEEPEST) -> tuple[str, str, str] | None:
    """(place, expected, found) of the first part of `value` that cannot be committed to, or None."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return None if _whole(value) else ("", "whole characters", ascii(value[:60]))
    if isinstance(value, int):
        return None if -LARGEST <= value <= LARGEST else ("", f"an integer within ±{LARGEST}", _number(value))
    if isinstance(value, float):
        return None if math.isfinite(value) else ("", "a finite number", str(value))
    if isinstance(value, dict | list | tuple):
        return _fault_inside(value, depth - 1)
    return "", "what JSON can say", type(value).__name__


def _fault_inside(value: dict | list | tuple, depth: int) -> tuple[str, str, str] | None:
    if depth < 0:
        return "", f"at most {DEEPEST} levels", "more"
    for key, one in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(value, dict) and not (isinstance(key, str) and _whole(key)):
            return "", "names of whole characters", ascii(key)[:60]
        if wrong := fault(one, depth):
            return (f".{ascii(key)[1:-1][:60]}" if isinstance(value, dict) else f"[{key}]") + wrong[0], *wrong[1:]
    return None


def settings(value: Any, what: str, most: int = 2_000) -> Any:
    """`value` if it may enter the record and every text in it is one printable line of at most `most` characters."""
    check(value, what)
    for place, text in _texts(value, what):
        line(text, place, most, 0)
    return value


def line(value: Any, what: str, most: int = NAME, least: int = 1) -> str:
    """A name or title: `least` to `most` printable characters on one line. Raises BadInput."""
    return _text(value, what, most, least, PRINTED, "printable characters")


def words(value: Any, what: str, most: int, least: int = 0) -> str:
    """What a person wrote: printable characters, line breaks and tabs. Raises BadInput."""
    return _text(value, what, most, least, PRINTED | LINES, "printable characters, line breaks or tabs")


def printable(text: str, also: frozenset[str] = PRINTED) -> bool:
    """Is `text` made of printable characters and those of `also`?"""
    return text.isprintable() or all(c.isprintable() or c in also for c in text)


def cleaned(text: str) -> str:
    """`text` with every character that is not printable spelled out: for a worker's own words on what went wrong."""
    return text if printable(text) else "".join(c if printable(c) else ascii(c)[1:-1] for c in text)


def mended(value: Any) -> Any:
    """`value` (JSON) with U+FFFD for every half of a character: what earlier versions let in can be shown."""
    if isinstance(value, str):
        return value if _whole(value) else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {mended(k): mended(v) for k, v in value.items()}
    return [mended(one) for one in value] if isinstance(value, list) else value


def _texts(value: Any, what: str) -> Iterator[tuple[str, str]]:
    """(place, text) of every text in a JSON value, names of fields among them."""
    if isinstance(value, str):
        yield what, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield f"{what}: name of a field", key
            yield from _texts(one, f"{what}.{ascii(key)[1:-1][:60]}")
    elif isinstance(value, list | tuple):
        for at, one in enumerate(value):
            yield from _texts(one, f"{what}[{at}]")


def _text(value: Any, what: str, most: int, least: int, also: frozenset[str], of: str) -> str:
    expected = f"{least} to {most:,} {of}"
    if not isinstance(value, str):
        raise BadInput(f"{what}: expected {expected}, found {type(value).__name__}")
    if not least <= len(value) <= most:
        raise BadInput(f"{what}: expected {expected}, found {len(value):,}")
    if not printable(value, also):
        bad = next(c for c in value if not printable(c, also))
        raise BadInput(f"{what}: expected {expected}, found {bad!a} among them")
    return value


def _whole(text: str) -> bool:
    """No lone surrogate, which no encoding of Unicode can write."""
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def _number(value: int) -> str:
    """An integer in few characters (and without the limit that Python sets to printing long ones)."""
    return str(value) if value.bit_length() < 128 else f"one of {value.bit_length():,} bits"
