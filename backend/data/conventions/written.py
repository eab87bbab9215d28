"""Values as they are written. Labels, groups, units and sensitive columns are compared by what is written: 01 is not 1.

A column of a text file becomes numbers only where that loses nothing: every value is written as programs write
numbers, and no two spellings mean the same number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...workspace.layout import BadInput
from . import missing, schema
from .names import same

# No leading zeros (01 is a code), no hexadecimals, an exponent as programs write it (1e5 may be a code, 1e+05 is not)
INTEGER = r"^-?(0|[1-9][0-9]{0,18})$"
NUMBER = r"^[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)(\.[0-9]+[eE][+-]?[0-9]+|[eE][+-][0-9]+)?$"
_EXPONENT = r"^[+-]?(0|[1-9][0-9]*)\.[0-9]+[eE][+-]?[0-9]+$"
_ENDLESS = r"^[+-]?(inf|Inf|INF|infinity|Infinity)$"
COMMA = r"^[+-]?(0|[1-9][0-9]*)(,[0-9]+)?$"
_THOUSANDS = r"^[+-]?[0-9]{1,3}(,[0-9]{3})+$"
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")


def text(values: pd.Series) -> pd.Series:
    """Each value as a person would write it (3.0 as "3"), in one spelling; None where it is missing or blank.

    Raises BadInput for lists, records and bytes that are no text.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    numbers = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    write = number if numbers else lambda value: word(value, values.name)
    short = isinstance(values.dtype, np.dtype) and values.dtype.kind == "f" and values.dtype.itemsize < 8
    each = values.to_numpy() if short else values  # a Series would give them as float64, with digits that nobody wrote
    return pd.Series([None if nothing(v) else write(v) for v in each], dtype=object)


def word(value: Any, column: Any = None) -> str | None:
    """One value as a person would write it, None where that is blank. Raises BadInput for lists, records and bytes."""
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise BadInput(f"column {column!r}: expected text or numbers, found bytes that are no UTF-8") from None
    if isinstance(value, list | tuple | dict | set | np.ndarray):
        raise BadInput(f"column {column!r}: expected one plain value in every row, found lists or records")
    if isinstance(value, int | float | np.number | Decimal) and not isinstance(value, bool | np.bool_):
        return number(value)
    return same(str(value)) or None


def number(value: Any) -> str:
    """A number without loss: 19 digits stay 19, 250001.1 stays 250001.1, and 3.0 is 3."""
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    plain = float(value)
    if math.isfinite(plain) and plain.is_integer():
        return str(int(plain))
    return str(value) if isinstance(value, np.floating) else repr(plain)


def without_zeros(written: pd.Series, files: np.ndarray | None) -> pd.Series:
    """Whole numbers that a program wrote as 1.0 because others are missing, as whole numbers again.

    Only where every value is such a number, some are missing, and no file (int, one a row; None: a single one) has a
    number in both spellings: 1 and 1.0 in one file are two codes.
    """
    known = written.dropna()
    if len(known) == len(written) or not known.str.endswith(".0").any():
        return written
    if not known.str.fullmatch(r"-?(0|[1-9][0-9]*)(\.0)?").all():
        return written
    plain = written.str.removesuffix(".0")
    both = pd.DataFrame({"file": 0 if files is None else files, "plain": plain, "written": written}).drop_duplicates()
    return written if both.dropna().duplicated(["file", "plain"]).any() else plain


def typed(column: pa.ChunkedArray, words: tuple[str, ...] = missing.WORDS) -> tuple[pa.ChunkedArray, str | None]:
    """(a column of text as numbers where that loses nothing, else as it is; "comma" where that is its decimal sign).

    Blank cells are missing; `words` are so in a column of numbers alone.
    """
    blank = pc.if_else(pc.equal(pc.utf8_trim_whitespace(column), ""), pa.scalar(None, pa.string()), column)
    known = pc.if_else(pc.is_in(blank, value_set=pa.array(words, pa.string())), pa.scalar(None, pa.string()), blank)
    found = pc.utf8_trim_whitespace(pc.unique(known).drop_null())
    if not len(found):
        return blank, None
    if _every(found, INTEGER):
        kept = _cast(known, found, pa.int64())
        return (blank if kept is None else kept), None
    if bool(pc.all(_is_number(found)).as_py()):
        kept = _cast(known, found, pa.float64())
        return (blank if kept is None else kept), None
    if _every(found, COMMA) and not _every(pc.filter(found, pc.match_substring(found, ",")), _THOUSANDS):
        point = lambda values: pc.replace_substring(values, ",", ".")  # noqa: E731
        kept = _cast(point(known), point(found), pa.float64())
        return (blank, None) if kept is None else (kept, "comma")
    return blank, None


def numbers(values: pd.Series, where: str, what: str = "numbers to cut into bands") -> pd.Series:
    """float64 of a column, NaN where missing. Raises BadInput for what is no number; what: was expected, for the
    line."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return pd.Series(values.to_numpy(dtype=float, na_value=np.nan))
    written = text(values)
    told = typed(pa.chunked_array([pa.array(written, pa.string())]))[0]
    if pa.types.is_string(told.type):
        plain = pd.to_numeric(written, errors="coerce")
        stray = written[plain.isna() & written.notna() & ~written.isin(missing.WORDS)]
        if len(stray):
            meant = ", which may be one number or another" if re.match(_THOUSANDS, stray.iloc[0]) else ""
            raise BadInput(f"{where}: expected {what}, found {stray.iloc[0][:60]!r}{meant}")
        return plain.astype(float)
    return pd.Series(told.to_pandas().to_numpy(dtype=float, na_value=np.nan))


def twins(found: Iterable[str]) -> list[list[str]]:
    """Values that differ in case or in how a number is written alone, and are kept apart: [["1", "01"], ["a", "A"]]."""
    alike: dict[Any, list[str]] = {}
    for value in found:
        same_number = _PLAIN.fullmatch(value) and len(value) < 40
        alike.setdefault(Decimal(value) if same_number else value.casefold(), []).append(value)
    return [group for group in alike.values() if len(group) > 1]


def nothing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT or pandas' NA."""
    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float | np.floating) and value != value)
    )


def _every(found: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(found, pattern)).as_py())


def _is_number(found: pa.Array) -> pa.Array:
    kinds = [pc.match_substring_regex(found, p) for p in (NUMBER, _EXPONENT, _ENDLESS)]
    return pc.or_(pc.or_(kinds[0], kinds[1]), kinds[2])


def _cast(known: pa.ChunkedArray, found: pa.Array, kind: pa.DataType) -> pa.ChunkedArray | None:
    """The column as numbers, or None where two spellings would become one or digits would be lost."""
    try:
        distinct = pc.cast(pc.utf8_ltrim(found, characters="+"), kind)
        if pc.count_distinct(distinct).as_py() < len(found):
            return None
        if pa.types.is_floating(kind):
            long = pc.filter(found, pc.match_substring_regex(found, r"^[+-]?[0-9]{16,}$"))
            if any(abs(int(value)) > schema.EXACT for value in long.to_pylist()):
                return None
        return pc.cast(pc.utf8_ltrim(pc.utf8_trim_whitespace(known), characters="+"), kind)
    except pa.ArrowInvalid:
        return None
