"""How a figure is written: on pages, in charts, in reports and in dossiers. Pure; nothing else writes one.

The rules:

- A measured share has one decimal and its interval the same, with the unit once: "71.0 % [64.0, 78.0]". A share above
  0 that this would write as 0.0 keeps one significant digit: "0.04 %". Progress and names on a map have no decimals.
- A share that a person chose (a share of the labels, a tolerance) stands as it was chosen: "10 %", "0.5 %".
- A difference of two shares is in points: "+3.1 points [1.2, 5.0]". Only the value bears a plus sign.
- AUROC has three decimals, as precise as a share with one. Correlations, cosines and effect sizes have two.
- A number in a unit is as precise as its interval: two digits of the half width, "3.3 days [0.8, 5.7]"; without one it
  has three significant digits.
- p has three decimals below 0.1, two from there on, and is "< 0.001" below that.
- Minus is "−", zero has no sign, and what was not measured is "not known".

An estimate is {"value", "low", "high"}, each a float or None.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

UNKNOWN = "not known"
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

Estimate = Mapping[str, Any]


def decimal(value: float | None, digits: int = 2, sign: bool = False) -> str:
    """0.831 -> "0.83"; with `sign` "+0.83"; -0.001 -> "0.00"."""
    if value is None:
        return UNKNOWN
    text = f"{value:.{digits}f}"
    text = text.removeprefix("-") if not text.strip("-0.") else text.replace("-", "−")
    return f"+{text}" if sign and text.strip("0.") and not text.startswith("−") else text


def percent(share: float | None, digits: int = 1) -> str:
    """A measured share: 0.71 -> "71.0 %", 0.0004 -> "0.04 %"."""
    if share is None:
        return UNKNOWN
    small = digits == 1 and 0 < abs(100 * share) < 0.05
    return f"{_significant(100 * share) if small else decimal(100 * share, digits)} %"


def chosen(fraction: float) -> str:
    """A share that a person chose, three digits at most: 0.1 -> "10 %", 0.005 -> "0.5 %", 0.125 -> "12.5 %"."""
    return f"{float(f'{100 * fraction:.3g}'):g} %"


def interval(
    found: Estimate | None, unit: str = "", scale: float = 1, digits: int = 2, sign: bool = False, bare: str = ""
) -> str:
    """ "0.83 [0.79, 0.87]"; `bare` follows a value that has no interval."""
    if not found or found["value"] is None:
        return UNKNOWN
    value, bounds = f"{decimal(scale * found['value'], digits, sign)}{unit}", ends(found, scale, digits)
    return f"{value} {bounds}" if bounds else f"{value}{bare}"


def ends(found: Estimate, scale: float = 1, digits: int = 2) -> str:
    """ "[0.79, 0.87]", or nothing where there is no interval."""
    low, high = found.get("low"), found.get("high")
    return "" if low is None or high is None else f"[{decimal(scale * low, digits)}, {decimal(scale * high, digits)}]"


def percent_interval(found: Estimate | None, bare: str = "") -> str:
    """ "71.0 % [64.0, 78.0]" """
    return interval(found, " %", 100, 1, bare=bare)


def points(found: Estimate | None, sign: bool = True, unit: str = "points", bare: str = "") -> str:
    """A difference of shares: "+3.1 points [1.2, 5.0]"; a size that has no direction is told without `sign`."""
    return interval(found, f" {unit}", 100, 1, sign, bare)


def size_in_points(share: float) -> str:
    """How far two shares lie apart: 0.0312 -> "3.1 points"."""
    return f"{decimal(100 * abs(share), 1)} points"


def margin(limit: float) -> str:
    """A margin that was chosen: 0.01 -> "1 point", 0.025 -> "2.5 points"."""
    return f"{100 * limit:g} point{'' if limit == 0.01 else 's'}"


def digits_of(size: float) -> int:
    """Decimals that show two significant digits of a size: 2.4 -> 1, 0.031 -> 3, 140 -> 0."""
    return min(9, max(0, 1 - math.floor(math.log10(abs(size))))) if size else 2


def quantity(value: float | None, unit: str | None = None, sign: bool = False) -> str:
    """A number in its unit, three significant digits: 3.2622 -> "3.26 days", 15,301.2 -> "15,301 days"."""
    if value is None:
        return UNKNOWN
    digits = digits_of(value) + 1 if 0 < abs(value) < 100 else 0
    return _grouped(value, digits, sign) + (f" {unit}" if unit else "")


def quantity_interval(found: Estimate | None, unit: str | None = None, sign: bool = False, bare: str = "") -> str:
    """ "3.3 days [0.8, 5.7]", as precise as its interval is."""
    if not found or found["value"] is None:
        return UNKNOWN
    low, high = found.get("low"), found.get("high")
    if low is None or high is None:
        return quantity(found["value"], unit, sign) + bare
    digits = digits_of((high - low) / 2 or found["value"])
    value = _grouped(found["value"], digits, sign) + (f" {unit}" if unit else "")
    return f"{value} [{_grouped(low, digits)}, {_grouped(high, digits)}]"


def _grouped(value: float, digits: int, sign: bool = False) -> str:
    """As `decimal`, with thousands apart from 10,000 on."""
    if abs(value) < 10_000:
        return decimal(value, digits, sign)
    return f"{value:{'+' if sign else ''},.{digits}f}".replace("-", "−")


def p_value(p: float | None) -> str:
    """In a column of p-values: "0.032", "0.63", "< 0.001"; without a test "no test"."""
    return "no test" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def p_is(p: float | None) -> str:
    """In a sentence: "p = 0.032", "p < 0.001"; without a test "no test"."""
    said = p_value(p)
    return said if p is None else f"p {said}" if said.startswith("<") else f"p = {said}"


def compact(value: float) -> str:
    """A size of any order: from 10 on whole, below with two significant digits."""
    return decimal(value, 0) if abs(value) >= 10 else f"{value:.2g}".replace("-", "−")


def count(n: int, what: str) -> str:
    """ "1 point", "1,204 points" """
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def in_words(n: int, what: str) -> str:
    """ "five subsets"; from eleven on in digits."""
    return f"{WORDS[n] if n < len(WORDS) else n} {what}{'' if n == 1 else 's'}"


def duration(seconds: float) -> str:
    """Seconds, two units at most: "45 s", "3 min 20 s", "2 h 5 min"."""
    seconds = max(0, round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes < 10 and rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h"


def aware(when: str | datetime | None) -> datetime | None:
    """A time of the record as a datetime with its zone; what has none is UTC."""
    if when is None:
        return None
    found = datetime.fromisoformat(when) if isinstance(when, str) else when
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def moment(when: str) -> str:
    """RFC 3339 as "2026-11-22 14:03:11 UTC"; other text as it is."""
    return f"{when[:10]} {when[11:19]} UTC" if when[10:11] == "T" else when


def minute(when: str | datetime | None) -> str:
    """To the minute: "2026-11-22 14:03 UTC"; what has not happened is "not yet"."""
    found = aware(when)
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if found else "not yet"


def _significant(value: float) -> str:
    """0.0423 -> "0.04" """
    return f"{float(f'{value:.1g}'):.10f}".rstrip("0").replace("-", "−")
