"""One spelling for every JSON value (RFC 8785), so that a digest of it means something.

Python's shortest digits of a float are those of ECMAScript; only where the point or the exponent stands differs.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from json.encoder import encode_basestring
from typing import Any

from ...workspace import plain
from ...workspace.layout import BadInput

KEPT = "kept as text: "  # how earlier versions began the note of a body that had no canonical form
WORDS = {None: "null", True: "true", False: "false"}


class _NoForm(ValueError):
    """A value without a canonical form."""


def canonical(value: Any, what: str = "event") -> str:
    """`value` as canonical JSON text. Raises BadInput with one line for what may not enter the record (plain.py)."""
    try:
        text = _spelled(value, plain.DEEPEST)
        if not text.isascii():
            text.encode("utf-8")
    except (_NoForm, UnicodeEncodeError):
        plain.check(value, what)
        raise BadInput(f"{what}: expected what JSON can say, found something else") from None
    return text


def body_of(text: str) -> dict[str, Any]:
    """The body of a leaf as it was meant. Raises ValueError for what is no JSON object.

    Earlier versions kept what has no canonical form (an integer beyond 2**53, half a character) as a text inside a
    note; halves of characters read U+FFFD.
    """
    body = json.loads(text)
    if not isinstance(body, dict):
        raise ValueError(f"expected the JSON of an object, found {type(body).__name__}")
    if body.keys() == {"note", "text"} and str(body["note"]).startswith(KEPT):
        with suppress(ValueError, TypeError):
            meant = plain.mended(json.loads(body["text"]))
            return meant if isinstance(meant, dict) else body
    return body


def _spelled(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, float):
        return _number(value)
    if value is None or isinstance(value, bool):
        return WORDS[value]
    if isinstance(value, int):
        if -plain.LARGEST <= value <= plain.LARGEST:
            return int.__repr__(value)
    elif depth and isinstance(value, dict):
        names = sorted(value, key=_order) if not "".join(_names(value)).isascii() else sorted(value)
        return "{" + ",".join([f"{encode_basestring(n)}:{_spelled(value[n], depth - 1)}" for n in names]) + "}"
    elif depth and isinstance(value, list | tuple):
        return "[" + ",".join([_spelled(one, depth - 1) for one in value]) + "]"
    raise _NoForm


def _names(value: dict[Any, Any]) -> dict[str, Any]:
    if all(isinstance(name, str) for name in value):
        return value
    raise _NoForm


def _order(name: str) -> bytes:
    """Names are sorted by their UTF-16 code units."""
    return name.encode("utf-16-be", "surrogatepass")


def _number(value: float) -> str:
    """A double as ECMAScript writes it: plain digits from 1e-7 up to 1e21, else with an exponent."""
    if not math.isfinite(value):
        raise _NoForm
    text = float.__repr__(value)
    if "e" not in text:
        return (text[:-2] if text.endswith(".0") else text) if value else "0"
    sign, digits = ("-", text[1:]) if value < 0 else ("", text)
    digits, _, exponent = digits.partition("e")
    power, digits = int(exponent), digits.replace(".", "")
    if 0 < power < 21:
        return sign + digits + "0" * (power + 1 - len(digits))
    if -7 < power < 0:
        return sign + "0." + "0" * (-power - 1) + digits
    point = "." if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{point}{digits[1:]}e{power:+d}"
