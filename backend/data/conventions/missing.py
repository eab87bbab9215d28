"""Which words stand for a missing value. One list for every reader; a person may say another one.

A blank cell is always missing. A word of the list is missing in a column of numbers, dates or truth values. Among
other words it may be a class or a group of its own ("None": no defect; "NA": North America; "null": a surname), so it
is asked about: registering is refused with one line that says how to answer. Files that mark a missing value
themselves (Parquet, JSON, Arrow) keep their words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from ...workspace.layout import BadInput

WORDS = (
    "NA", "N/A", "n/a", "<NA>", "#N/A", "#NA", "#N/A N/A", "NaN", "nan", "-NaN", "-nan", "NaT", "null", "NULL", "None",
    "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN",
)  # fmt: skip
_NO_WORD = re.compile(r"(?=.*\d)[\d\s.,:+\-/%etz]+|true|false", re.IGNORECASE)  # numbers, dates and truth values


def settled(written: pd.Series, said: Sequence[str] | None, words_only: bool, where: str) -> pd.Series:
    """A column's written values (text or None) with None for what is missing.

    said: the words that a person gave, None where nobody did. words_only: the file can write a missing value as a word
    alone (CSV, TSV, arrays of text). Raises BadInput that asks, where a word may be a value as well.
    """
    if said is not None:
        return written.mask(written.isin(list(said)), None)
    if not words_only:
        return written
    counts = written.value_counts()
    found = {word: int(counts[word]) for word in WORDS if word in counts.index}
    if not found:
        return written
    others = [value for value in counts.index if value not in found]
    if others and not all(map(_NO_WORD.fullmatch, others)):
        raise question(found, len(written), where)
    return written.mask(written.isin(list(found)), None)


def question(found: dict[str, int], rows: int, where: str) -> BadInput:
    """The line that asks what a word means."""
    word, count = max(found.items(), key=lambda item: item[1])
    return BadInput(
        f"{where}: {word!r} stands in {count:,} of {rows:,} rows: expected to be told whether it is a value of its own "
        f"(Missing values: nothing; in the shell --missing '') or a missing one (--missing '{word}')"
    )
