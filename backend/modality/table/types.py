"""The type of a column: what a person said of it, else what its values look like; and why."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...data.conventions.told import Told
from ...data.source import Glimpse
from ...data.storing import as_table
from ...workspace.layout import BadInput
from . import dates, numbers, words
from .guess import best_form, date, every, guessed, lost
from .kinds import FEATURES, Column, Known, is_text, is_whole, present, typed, unreadable
from .tally import found as different
from .tally import tally


def column(field: pa.Field, values: pa.ChunkedArray, known: Known, asked: str | None = None, why: str = "") -> Column:
    """The type of a column. asked, why: the type that it shall have, and who says so. Raises BadInput for values that
    cannot be of it, and for dates of which a person has to say how they are written."""
    name = field.name
    if held := unreadable(field):
        if asked not in (None, "leave out"):
            raise BadInput(f"column {name!r} of {known.name}: expected plain values for type {asked}, found {held}")
        return Column(name, "leave out", held, missing=values.null_count)
    values = present(values, known)
    guess = _asked(name, values, known, asked, why) if asked else guessed(name, values, known)
    read = typed(values, guess)
    counted = {"missing": read.null_count, "distinct": tally(read).distinct, "whole": is_whole(read)}
    return Column(**{**guess.as_dict(), **counted})


def looked(glimpse: Glimpse, name: str, told: Told) -> dict[str, dict[str, Any]]:
    """{column: {"type", "why"}} of the rows that were looked at. type: None where a person has to say it."""
    known = Known(name, len(glimpse.frame), told.missing, bool(glimpse.words_only), told.separator == ";")
    found, rows = {}, as_table(glimpse.frame)
    for one in rows.schema:
        try:
            made = column(one, rows.column(one.name), known)
            found[one.name] = {"type": made.type, "why": made.why}
        except BadInput as error:
            found[one.name] = {"type": None, "why": str(error)}
    return found


def _asked(name: str, values: pa.ChunkedArray, known: Known, asked: str, why: str) -> Column:
    where = f"column {name!r} of {known.name}"
    if values.null_count == len(values) and asked in FEATURES:
        return Column(name, "constant", f"{why}, but every value is missing")
    if asked == "number":
        return _as_number(name, values, known, where, why)
    if asked.startswith("date"):
        return _as_date(name, values, where, asked, why, known)
    if asked == "yes/no" and (n := tally(values).distinct) > 2:
        raise BadInput(f"{where}: expected two values for type yes/no, found {n:,}")
    return Column(name, asked, why)


def _as_number(name: str, values: pa.ChunkedArray, known: Known, where: str, why: str) -> Column:
    if pa.types.is_temporal(values.type):
        raise BadInput(f"{where}: expected numbers, found dates or times")
    if not is_text(values.type):
        return Column(name, "number", why)
    found = different(values)
    form, share = best_form(found, known.comma)
    if share == 0:
        raise BadInput(f"{where}: expected numbers, found {found[0].as_py()[:60]!r}")
    if odd := lost(values, numbers.read(values, form)):
        why = f"{why}; {odd[0]:,} values that are no numbers count as missing, such as {odd[1][:40]!r}"
    return Column(name, "number", "; ".join([why, *form.said]), {"form": form.as_dict()} if form.as_dict() else {})


def _as_date(name: str, values: pa.ChunkedArray, where: str, asked: str, why: str, known: Known) -> Column:
    if pa.types.is_temporal(values.type):
        return Column(name, "date", why)
    if not is_text(values.type):
        ends = pc.min_max(values).as_py()
        if stamp := dates.stamp((float(ends["min"]), float(ends["max"]))):
            return Column(name, "date", f"{why}; {stamp} since 1970", {"form": stamp})
        each = pc.cast(pc.cast(values, pa.int64(), safe=False), pa.string())
        if every(pc.match_substring_regex(each, dates.COMPACT)):
            return Column(name, "date", why, {"form": "iso", "compact": True})
        raise BadInput(f"{where}: expected dates, found numbers from {ends['min']} to {ends['max']}")
    found = different(values)
    if asked in ("date day first", "date month first"):
        how = asked.removeprefix("date ")
    elif every(pc.match_substring_regex(found, dates.COMPACT)):
        return Column(name, "date", why, {"form": "iso", "compact": True})
    else:
        guess = date(name, found, known)
        how = guess.how["form"] if guess else max(dates.WRITTEN, key=lambda one: -dates.read(found, one).null_count)
    read = dates.read(values, how)
    if read.null_count == len(read):
        raise BadInput(f"{where}: expected dates, found {found[0].as_py()[:60]!r}")
    if odd := lost(values, read):
        why = f"{why}; {odd[0]:,} values that are no dates count as missing, such as {odd[1][:40]!r}"
    return Column(name, "date", f"{why}, {words.of_dates(how)}", {"form": how})
