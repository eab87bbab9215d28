"""Axes of a printed figure: where a value lies on the paper, which ticks to draw, how to write a number."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

PAD = 0.05  # free share of the range beyond the outermost value


@dataclass(frozen=True)
class Axis:
    """One axis on the paper: values between `low` and `high` (log10 of them when `log`) lie from `start` to `end`."""

    spec: dict[str, Any]
    low: float
    high: float
    start: float
    end: float
    log: bool = False
    categories: tuple[Any, ...] = ()

    def at(self, value: Any) -> float | None:
        """Position in px; None for what cannot be placed (missing, or not positive on a logarithmic axis)."""
        number = self.number(value)
        if number is None:
            return None
        span = (self.high - self.low) or 1.0
        return self.start + (number - self.low) / span * (self.end - self.start)

    def number(self, value: Any) -> float | None:
        """A value as a number on the axis's own scale."""
        if value is None:
            return None
        if self.categories:
            # A number on a category axis is a position, as Plotly reads it, unless it is itself a category.
            if value in self.categories:
                return float(self.categories.index(value))
            return float(value) if isinstance(value, int | float) else None
        try:
            number = float(value)
        except (TypeError, ValueError):
            return None
        if not math.isfinite(number) or (self.log and number <= 0):
            return None
        return math.log10(number) if self.log else number

    def ticks(self, most: int = 7) -> list[tuple[float, str]]:
        """[(position in px, label)]"""
        spec = self.spec
        if spec.get("tickvals") is not None:
            texts = spec.get("ticktext")
            pairs = zip(spec["tickvals"], texts if texts is not None else map(text, spec["tickvals"]), strict=False)
            found = [(self.at(v), str(t)) for v, t in pairs]
        elif self.categories:
            found = [(self.at(c), str(c)) for c in self.categories]
        elif self.log:
            first, last = math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9)
            every = max(1, math.ceil((last - first + 1) / most))
            found = [(self.at(10.0**e), power(e)) for e in range(first, last + 1, every)]
        else:
            form = spec.get("tickformat") or ""
            suffix = spec.get("ticksuffix") or ""
            found = [(self.at(v), text(v, form) + suffix) for v in nice(self.low, self.high, most)]
        low, high = sorted((self.start, self.end))
        return [(p, t) for p, t in found if p is not None and low - 0.5 <= p <= high + 0.5]


def build(spec: dict[str, Any], values: Iterable[Any], start: float, end: float) -> Axis:
    """The axis for `values`, between `start` and `end` px; ranges, types and reversal as the layout says."""
    values = [v for v in values if v is not None]
    kind = spec.get("type")
    words = any(isinstance(v, str) for v in values)
    if kind == "category" or (words and kind in (None, "-")):
        order = spec.get("categoryarray")
        seen = list(order) if order is not None else list(dict.fromkeys(values))
        if spec.get("autorange") == "reversed":
            start, end = end, start
        return Axis(spec, -0.5, len(seen) - 0.5, start, end, categories=tuple(seen))
    log = kind == "log"
    given = spec.get("range")
    if given is not None and all(g is not None for g in given):
        return Axis(spec, float(given[0]), float(given[1]), start, end, log)
    draft = Axis(spec, 0, 1, 0, 1, log)
    numbers = [n for n in map(draft.number, values) if n is not None] or [0.0, 1.0]
    low, high = min(numbers), max(numbers)
    margin = (high - low) * PAD or abs(high) * 0.1 or 1.0
    low, high = low - margin, high + margin
    if spec.get("rangemode") == "tozero" and not log:
        low, high = min(low if min(numbers) < 0 else 0.0, 0.0), max(high, 0.0)
    if spec.get("autorange") == "reversed":
        low, high = high, low
    return Axis(spec, low, high, start, end, log)


def nice(low: float, high: float, most: int = 7) -> list[float]:
    """Round numbers between low and high, at most about `most`: multiples of 1, 2 or 5 times a power of ten."""
    low, high = sorted((low, high))
    span = high - low
    if span <= 0 or not math.isfinite(span):
        return [low]
    rough = span / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(m * size for m in (1, 2, 5, 10) if m * size >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 12) + 0.0 for i in range(first, last + 1)]


def text(value: Any, form: str = "") -> str:
    """A tick's number; `form` is the part of d3's format language that the charts use (".0%", ".2f", "+.1f")."""
    if not isinstance(value, int | float):
        return str(value)
    if form:
        try:
            return format(value, form.lstrip("~")).replace("-", "−")
        except ValueError:
            pass
    if value and (abs(value) >= 1e6 or abs(value) < 1e-4):
        return f"{value:.0e}".replace("-", "−")
    return f"{value:,.6g}".replace("-", "−")


def power(exponent: int) -> str:
    """A power of ten with a raised exponent."""
    raised = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if exponent not in (0, 1) else ("1" if exponent == 0 else "10")
