"""The type of a column, guessed from all of its values."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...data.conventions import missing, schema, written
from ...workspace.layout import BadInput
from . import dates, numbers, words
from .kinds import Column, Known, is_text
from .tally import found as different
from .tally import tally

BEYOND = "whole numbers beyond 2^53, which no model can tell apart"
MIXED = 0.9  # share of the values (each once) that are numbers from which on the others are told
PLACEHOLDERS = (
    "?",
    "??",
    "-",
    "--",
    "---",
    ".",
    "..",
    "*",
    "missing",
    "unknown",
    "n.a.",
    "na",
    "none",
    "not available",
)


def guessed(name: str, values: pa.ChunkedArray, known: Known) -> Column:
    """values: as `kinds.present` gives them. Raises BadInput for dates of which a person has to say how they are
    written."""
    if values.null_count == len(values):
        return Column(name, "constant", "every value is missing")
    if said := words.hardly_varies(values):
        return Column(name, "constant", said)
    if pa.types.is_boolean(values.type):
        return Column(name, "yes/no", "true and false")
    if pa.types.is_temporal(values.type):
        return Column(name, "date", "dates, as the file says")
    if not is_text(values.type):
        return _of_numbers(name, values, "numbers", {})
    found = different(values)
    guess = _number(name, values, found, known) or date(name, found, known)
    if guess is not None and guess.type == "date" and lost(values, dates.read(values, guess.how["form"]), _gone(known)):
        guess = None  # of many values not all were looked at
    return guess or Column(name, *words.guessed(name, values, found))


def _of_numbers(name: str, values: Any, said: str, how: dict[str, Any]) -> Column:
    """A column all of whose values are numbers (values: typed)."""
    whole = pa.types.is_integer(values.type) or bool(pc.all(pc.equal(values, pc.floor(values))).as_py())
    ends = pc.min_max(values).as_py()
    low, high = float(ends["min"]), float(ends["max"])
    distinct = tally(values).distinct
    if whole and distinct == 2 and (low, high) == (0, 1):
        return Column(name, "yes/no", "0 and 1 alone")
    if whole and not how and (stamp := dates.stamp((low, high))) and words.names_a_time(name):
        return Column(name, "date", f"{stamp} since 1970, by its name", {"form": stamp})
    if whole and not how and low >= 17_000_101 and high <= 20_991_231 and words.names_a_time(name):
        each = pc.cast(pc.cast(different(values), pa.int64()), pa.string())
        if bool(pc.all(pc.match_substring_regex(each, dates.COMPACT)).as_py()):
            return Column(name, "date", "dates such as 20210304, by its name", {"form": "iso", "compact": True})
    if pa.types.is_integer(values.type) and max(abs(low), abs(high)) > schema.EXACT:
        return Column(name, "identifier", BEYOND)
    if whole and not how and (why := words.counts_rows(name, len(values) - values.null_count, distinct, low, high)):
        return Column(name, why[0], why[1])
    return Column(name, "number", said, how)


def _number(name: str, values: pa.ChunkedArray, found: pa.Array, known: Known) -> Column | None:
    """A column of text that holds numbers; None where it holds something else."""
    gone = _gone(known)
    plain = found.filter(pc.invert(pc.is_in(pc.utf8_lower(found), value_set=gone)))
    if not len(plain):
        return None
    form, share = best_form(plain, known.comma)
    if share < MIXED:
        return None
    all_read = numbers.read(values, form)
    if odd := lost(values, all_read, gone):
        return _mixed(name, values, found, *odd)
    read = numbers.read(plain, form)
    whole = pc.max(pc.abs(read)).as_py()
    digits = pc.max(pc.utf8_length(plain)).as_py()
    if (
        form == numbers.Form()
        and whole >= schema.EXACT
        and digits > 15
        and every(pc.match_substring_regex(plain, r"^-?[0-9]+$"))
    ):
        return Column(name, "identifier", BEYOND)
    said = ["numbers", *form.said]
    if numbers.ambiguous(plain, form):
        example = plain.filter(pc.match_substring(plain, ","))[0].as_py()
        said.append(f"{example} is read as {written.number(numbers.read(pa.array([example]), form)[0].as_py())}")
    if len(plain) < len(found):
        there = ", ".join(
            repr(word) for word in found.filter(pc.invert(pc.is_in(found, value_set=plain))).to_pylist()[:3]
        )
        said.append(f"{there} counts as missing")
    how = {"form": form.as_dict()} if form.as_dict() else {}
    return _of_numbers(name, all_read, "; ".join(said), how)


def lost(values: pa.ChunkedArray, read: pa.ChunkedArray, gone: pa.Array | None = None) -> tuple[int, str] | None:
    """(rows whose value was not read, the first of these values), None where all were. gone: words, in small letters,
    that need not be read."""
    if read.null_count == values.null_count:
        return None
    odd = values.filter(pc.and_(pc.is_valid(values), pc.is_null(read)))
    if gone is not None:
        odd = odd.filter(pc.invert(pc.is_in(pc.utf8_lower(odd), value_set=gone)))
    return (len(odd), odd[0].as_py()) if len(odd) else None


def _gone(known: Known) -> pa.Array:
    """Words for a missing value in columns of numbers and dates, in small letters."""
    usual = missing.WORDS if known.words_only and known.said is None else ()
    return pc.utf8_lower(pa.array([*usual, *PLACEHOLDERS], pa.string()))


def best_form(found: pa.Array, comma: bool) -> tuple[numbers.Form, float]:
    """(the form that most of the values found have, the share that has it)"""
    best, most = numbers.Form(), -1.0
    if every(numbers.fits(found, best)):
        return best, 1.0
    for form in numbers.forms(found, comma):
        share = pc.mean(pc.cast(numbers.fits(found, form), pa.float64())).as_py()
        if share > most:
            best, most = form, share
        if most == 1:
            break
    return best, most


def _mixed(name: str, values: pa.ChunkedArray, found: pa.Array, rows: int, example: str) -> Column:
    """Words among numbers: words, and it is said how many."""
    of, why = words.guessed(name, values, found)
    said = f"{rows:,} of {len(values):,} values are no numbers, such as {example[:40]!r}"
    return Column(name, of, f"{why}: {said}", {"mixed": said})


def date(name: str, found: pa.Array, known: Known) -> Column | None:
    """A column of text that holds dates; None where it holds something else. Raises BadInput as `guessed` does."""
    plain = found.filter(pc.invert(pc.is_in(pc.utf8_lower(found), value_set=_gone(known))))
    how = dates.form(plain)
    if how is None:
        return None
    if how == "either":
        raise BadInput(
            f"column {name!r} of {known.name}: {plain[0].as_py()!r} may name the day or the month first, and no value "
            f"tells; say which (--column '{name}=date day first' or '{name}=date month first'), on the page under "
            "Columns"
        )
    return Column(name, "date", f"dates, {words.of_dates(how)}", {"form": how})


def every(found: Any) -> bool:
    """Whether all are true."""
    return bool(pc.all(found).as_py())
