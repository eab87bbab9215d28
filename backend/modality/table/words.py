"""Columns of words and of codes: which are categories, yes/no, identifiers, free text; and what hardly varies."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...data.conventions import written as as_written
from ...data.conventions.chosen import NEVER_TEXT, TEXT_NAMES
from .tally import tally

PAIRS = ({"yes", "no"}, {"y", "n"}, {"true", "false"}, {"t", "f"}, {"ja", "nein"}, {"oui", "non"}, {"si", "no"},
         {"sí", "no"}, {"sim", "não"}, {"on", "off"})  # fmt: skip
NEAR = 0.001  # share of the rows that say something else, up to which a column is constant
UNIQUE, NEARLY = 0.95, 0.9  # share of different values from which on words, and columns that are called so, are names
FEW = 20  # rows below which different values say nothing
LONG, WORDS = 50, 5  # characters or words on average from which on values are sentences
SENTENCE = 4  # words on average from which on the main column of a source is prose
SEVERAL = 0.5  # share of different values from which on sentences are free text
_ID = re.compile(
    r"(^|[_\s-])(id|ids|uuid|guid|key|nr|no|index|rowid)$|^(id|index|uuid|guid|rowid)([_\s-]|$)|[a-z](Id|ID)$"
)
_TIME = re.compile(
    r"(^|[_\s-])(time|timestamp|date|datetime|day|ts|at|on|epoch|created|updated)([_\s-]|$)|(Date|Time|At)$"
)


def guessed(name: str, values: pa.ChunkedArray, found: pa.Array) -> tuple[str, str]:
    """(type, why) of a column of words; found: its values, each once (`tally.found`)."""
    known, distinct = len(values) - values.null_count, tally(values).distinct
    if distinct <= 3 and {word.casefold() for word in found.to_pylist()} in PAIRS:
        return ("yes/no", " and ".join(sorted(found.to_pylist())))
    share = distinct / known
    length = pc.mean(pc.utf8_length(found)).as_py()
    blanks = pc.mean(pc.count_substring(found, " ")).as_py()
    if (length >= LONG or blanks + 1 >= WORDS) and share >= SEVERAL and distinct > FEW:
        return ("text", f"free text, {length:,.0f} characters on average")
    if known >= FEW and share >= (NEARLY if names_a_row(name) else UNIQUE):
        every = "every value is different" if distinct == known else f"{distinct:,} of {known:,} values are different"
        return ("identifier", every)
    return ("category", f"{distinct:,} different values")


def prose(frame: pd.DataFrame) -> bool:
    """Whether these first rows are mostly prose: a column is called text, or one of words is the only one beside label
    and split, or sentences that nearly all differ are most of what is written in a row."""
    others = [name for name in frame if str(name).strip().casefold() not in NEVER_TEXT]
    whole = sentences = 0.0
    for name in frame:
        known = frame[name].dropna()
        if not len(known):
            continue
        words = known.map(lambda value: isinstance(value, str)).all()
        length = known.map(lambda value: len(value if isinstance(value, str | bytes) else str(value))).mean()
        whole += length
        if words and (str(name).strip().casefold() in TEXT_NAMES or others == [name]):
            return True
        if words and known.str.count(r"\s+").mean() + 1 >= SENTENCE and known.nunique() >= SEVERAL * len(known):
            sentences += length
    return sentences > 0 and sentences >= whole / 2


def written(values: Any) -> pa.ChunkedArray:
    """Each value as a person would write it."""
    if pa.types.is_string(values.type):
        return values
    each = pc.dictionary_encode(values)
    chunks = each.chunks if isinstance(each, pa.ChunkedArray) else [each]
    made = []
    for chunk in chunks:
        told = [as_written.word(value) for value in chunk.dictionary.to_pylist()]
        made.append(pa.array(told, pa.string()).take(chunk.indices))
    return pa.chunked_array(made, pa.string())


def hardly_varies(values: pa.ChunkedArray) -> str | None:
    """Why a column is constant, None where it varies."""
    counted = tally(values)
    said = None if values.null_count > counted.most else counted.value
    most = max(values.null_count, counted.most)
    others = len(values) - most
    if others > NEAR * len(values):
        return None
    shown = "have no value" if said is None else f"say {str(said)[:40]!r}"
    return f"all rows {shown}" if not others else f"{most:,} of {len(values):,} rows {shown}"


def names_a_row(name: str) -> bool:
    """Whether a column is called like one of identifiers."""
    return bool(_ID.search(name) or _ID.search(name.lower()))


def names_a_time(name: str) -> bool:
    return bool(_TIME.search(name) or _TIME.search(name.lower()))


def counts_rows(name: str, known: int, distinct: int, low: float, high: float) -> tuple[str, str] | None:
    """(type, why) of whole numbers that are codes: they number the rows, or stand for persons and things."""
    if known >= FEW and distinct == known and high - low < 2 * known:
        return "identifier", "whole numbers that count the rows: every value is different"
    if names_a_row(name):
        if known >= FEW and distinct >= NEARLY * known:
            return "identifier", f"{distinct:,} of {known:,} values are different, and its name says so"
        return "category", f"{distinct:,} different codes, by its name"
    return None


def of_dates(how: str) -> str:
    return {
        "iso": "the year first",
        "year first": "the year first",
        "day first": "the day first",
        "month first": "the month first",
        "day, name": "months by name",
        "name, day": "months by name",
    }.get(how, f"{how} since 1970")
