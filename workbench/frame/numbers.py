"""Numbers as people type them: "0.01", "0,01", "1e-3". What could be read in two ways is refused, never guessed.

A browser's own number field keeps a number that it refuses to itself, and the server goes on with the one before. Every
number on a page is therefore typed as text and read here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from backend.workspace.layout import BadInput

MOST = 2**53  # a whole number beyond it is no longer exact everywhere
WHOLE = re.compile(r"[+-]?\d+(?:[eE]\+?\d{1,2})?", re.ASCII)
REAL = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+", re.ASCII)  # or the decimals of 1,234: nobody can tell
MANTISSA = re.compile(r"[1-9]")


@dataclass(frozen=True)
class Range:
    """What a field takes: `low` to `high`, both included unless `above` and `below` say otherwise; None: open."""

    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    whole: bool = False

    def __contains__(self, value: float) -> bool:
        under = self.low is not None and (value < self.low or (self.above and value == self.low))
        over = self.high is not None and (value > self.high or (self.below and value == self.high))
        return not under and not over

    def __str__(self) -> str:
        """ "a whole number from 4 to 512" """
        kind = "a whole number" if self.whole else "a number"
        if self.low is None and self.high is None:
            return kind
        if self.low is not None and self.high is not None and not self.above and not self.below:
            return f"{kind} from {shown(self.low)} to {shown(self.high)}"
        low = "" if self.low is None else f"{'above' if self.above else 'at least'} {shown(self.low)}"
        high = "" if self.high is None else f"{'below' if self.below else 'at most'} {shown(self.high)}"
        return f"{kind} {' and '.join(filter(None, (low, high)))}"


def read(text: str, name: str, taken: Range) -> float | int:
    """The number that `text` writes. Raises BadInput with one line that begins with `name`."""
    written = _plain(text)
    if not written:
        raise BadInput(f"{name}: expected {taken}, found nothing")
    if not taken.whole and THOUSANDS.fullmatch(written):
        either = f"{written.replace(',', '.', 1).replace(',', '')} or {written.replace(',', '')}"
        raise BadInput(f"{name}: expected {taken}, found {text.strip()!r}, which may mean {either}: write one of them")
    value = _value(written, taken.whole)
    if value is None or value not in taken:
        raise BadInput(f"{name}: expected {taken}, found {text.strip()[:40]!r}")
    return value


def read_list(text: str, name: str, taken: Range) -> list[float]:
    """The numbers of a list, apart by a comma and a blank, a semicolon or a blank. Raises BadInput with one line."""
    found: list[float] = []
    semicolons = ";" in text
    chunks = [chunk for chunk in re.split(r"[;\s]+|,\s+", _lines(text)) if chunk.strip(",")]
    for chunk in chunks:
        parts = [chunk] if semicolons else [part for part in chunk.split(",") if part]
        decimal = len(parts) == 2 and "." not in chunk
        if len(parts) > 1 and (len(chunks) > 1 or decimal or any(re.match(r"0\d", part) for part in parts)):
            how = "write decimals with a point, and a comma and a blank between numbers"
            raise BadInput(f"{name}: expected numbers such as 0.1, 0.5, found {chunk[:40]!r}: {how}")
        found += [float(read(part, name, taken)) for part in parts]
    return found


def shown(value: float | int | None) -> str:
    """A number as a field shows it; reading it gives the same number again."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _value(written: str, whole: bool) -> float | int | None:
    """None: not a number of this kind, or not one that can be kept."""
    if whole:
        if not WHOLE.fullmatch(written):
            return None
        mantissa, _, power = written.lower().partition("e")
        value = int(mantissa) * 10 ** int(power or 0) if len(mantissa) < 20 else MOST + 1
        return value if abs(value) <= MOST else None
    if not REAL.fullmatch(written):
        return None
    value = float(written.replace(",", "."))
    lost = value == 0 and MANTISSA.search(re.split("[eE]", written)[0])  # too small to be told from 0
    return value if math.isfinite(value) and not lost else None


def _plain(text: str) -> str:
    return text.strip().replace("\N{MINUS SIGN}", "-")


def _lines(text: str) -> str:
    return " ".join(text.split())
