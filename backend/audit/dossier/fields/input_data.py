"""3, input: what an input has to be like for the run's numbers to speak of it."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Value, at

FIELD = "3.input"


def evidence(source: Evidence) -> Iterator[Value]:
    data = source.registered
    yield from at(data, "kind", label="Kind of input")
    yield from at(data, "channels", label="Channels", say=str)
    yield from at(data, "height", label="Height in pixels", say=str)
    yield from at(data, "width", label="Width in pixels", say=str)
    yield from at(data, "pixel_mean", label="Mean of the pixels it was trained on (0 to 1)", say=_numbers)
    yield from at(data, "pixel_std", label="Their standard deviation", say=_numbers)
    tokens = source.latest("tokenizer")
    yield from at(tokens, "name", label="Tokenizer")
    yield from at(tokens, "vocabulary", label="Tokens that it knows", say="{:,}".format)
    yield from at(tokens, "length", label="Longest input in tokens; the rest is cut off", say="{:,}".format)


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)
