"""What a person says of how files are written; without it, it is found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """encoding: of encodings.KNOWN. separator: one character. header: whether the first row names the columns.
    missing: the words that stand for a missing value, beside blank cells; None: the usual ones (missing.WORDS)."""

    encoding: str | None = None
    separator: str | None = None
    header: bool | None = None
    missing: Sequence[str] | None = None
