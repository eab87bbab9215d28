"""Which words stand for a missing value. One list for every reader; a person may say another one.

A blank cell is always missing. A word of the list is missing in a column of numbers, dates or truth values. Among
other words it may be a class or a group of its own ("None": no defect; "NA": North America; "null": a surname), so it
is asked about: registering is refused with one line that says how to answer. Files that mark a missing value
themselves (Parquet, JSON, Arrow) keep their words.

-1 among the numbers of a label is no label where the file names its classes, and where a whole split has nothing else
(as test labels that are kept secret). It is a class where the other one is 1, and on a scale with other negative
numbers. Beside 0, 1, 2 it may be either, so it is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...workspace.layout import BadInput
from .told import MISSING_WORDS as WORDS

_NO_WORD = re.compile(r"(?=.*\d)[\d\s.,:+\-/%etz]+|true|false", re.IGNORECASE)  # numbers, dates and truth values


class _Every:
    """A container that holds every name: of sources all of whose columns are written as words."""

    def __contains__(self, name: object) -> bool:
        return True


EVERY_COLUMN = _Every()


def settled(written: pd.Series, said: Sequence[str] | None, words_only: bool, where: str) -> pd.Series:
    """A column's written values (text or None) with None for what is missing.

    said: the words that a person gave, None where nobody did. words_only: the file can write a missing value as a word
    alone (CSV, TSV, arrays of text). Raises BadInput that asks, where a word may be a value as well.
    """
    if said is not None:
        return written.mask(written.isin(list(said)), None)
    if asks := asked(written, said, words_only):
        raise question(asks, len(written), where)
    return written.mask(written.isin(WORDS), None) if words_only else written


def asked(written: pd.Series, said: Sequence[str] | None, words_only: bool) -> dict[str, int]:
    """{word: rows} of the words of a column that are to be asked about."""
    if said is not None or not words_only:
        return {}
    counts = written.value_counts()
    found = {word: int(counts[word]) for word in WORDS if word in counts.index}
    others = [value for value in counts.index if value not in found]
    return found if found and others and not all(map(_NO_WORD.fullmatch, others)) else {}


def unlabelled(written: pd.Series, split: np.ndarray | None, said: Sequence[str] | None, where: str) -> pd.Series:
    """The written labels with None for -1 where that is no label. Raises BadInput that asks where it may be a class."""
    none = (written == "-1").to_numpy()
    others = set(written.dropna()) - {"-1"}
    if said is not None or not none.any() or others <= {"1"} or not all(map(str.isdecimal, others)):
        return written
    apart = split is not None and all(none[split == part].all() for part in np.unique(split[none]))
    if apart:
        return written.mask(none, None)
    raise BadInput(
        f"{where}: -1 stands in {none.sum():,} of {len(none):,} rows beside {', '.join(sorted(others)[:5])}; say "
        "whether it is a class (--missing '') or no label (--missing=-1), on the page under Missing values"
    )


def question(found: dict[str, int], rows: int, where: str) -> BadInput:
    """The line that asks what a word means."""
    word, count = max(found.items(), key=lambda item: item[1])
    return BadInput(
        f"{where}: {word!r} stands in {count:,} of {rows:,} rows; say whether it is a value of its own (--missing '') "
        f"or a missing one (--missing '{word}'), on the page under Missing values"
    )
