"""What a person says of how files are written; without it, it is found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MISSING_WORDS = (
    "NA", "N/A", "n/a", "<NA>", "#N/A", "#NA", "#N/A N/A", "NaN", "nan", "-NaN", "-nan", "NaT", "null", "NULL", "None",
    "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN",
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """encoding: of encodings.KNOWN. separator: one character. header: whether the first row names the columns.
    missing: the words that stand for a missing value, beside blank cells; None: MISSING_WORDS."""

    encoding: str | None = None
    separator: str | None = None
    header: bool | None = None
    missing: Sequence[str] | None = None
