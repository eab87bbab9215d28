"""How the dates of a column are written: ISO, day or month first, named months, time stamps. Any year from 1 to 9999.

A column has one form for all its values. Times of day are kept; where a time zone is written it is taken into account,
and what is stored is UTC.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Form = Literal["iso", "year first", "day first", "month first", "day, name", "name, day", "seconds", "milliseconds"]
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = (
    r"(?:[T ]+(?P<H>[0-9]{1,2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?P<f>[.,][0-9]+)?)?"
    r"(?: ?(?P<p>[aApP][mM]))?(?: ?(?P<z>Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?$"
)
_YEAR = r"(?P<y>[0-9]{4}|[0-9]{2})"
_NAME = "(?P<m>(?i:" + "|".join(MONTHS) + r"))[A-Za-z]*\.?"
WRITTEN: dict[str, str] = {
    "iso": r"^(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})(?:-(?P<d>[0-9]{1,2}))?" + _TIME,
    "year first": r"^(?P<y>[0-9]{4})[/.](?P<m>[0-9]{1,2})[/.](?P<d>[0-9]{1,2})" + _TIME,
    "day first": rf"^(?P<d>[0-9]{{1,2}})[/.-](?P<m>[0-9]{{1,2}})[/.-]{_YEAR}" + _TIME,
    "month first": rf"^(?P<m>[0-9]{{1,2}})[/.-](?P<d>[0-9]{{1,2}})[/.-]{_YEAR}" + _TIME,
    "day, name": rf"^(?P<d>[0-9]{{1,2}})[ -]{_NAME}[ ,-]+{_YEAR}" + _TIME,
    "name, day": rf"^{_NAME} (?P<d>[0-9]{{1,2}}),? (?P<y>[0-9]{{4}})" + _TIME,
}
COMPACT = r"^(?:1[0-9]{3}|20[0-9]{2})(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$"  # 20210304
TURN = 69  # two digits from here on are 19.., those below are 20..: as POSIX has it
STAMP = pa.timestamp("us")
DAY = 86_400_000_000  # microseconds
SPAN = (10**8, 4_102_444_800)  # 1973 to 2100 in seconds: what a whole number must lie between to be a time stamp


def form(found: pa.Array) -> Form | Literal["either"] | None:
    """The form of the values found (trimmed text, each once), None where they are no dates; "either" where day and
    month cannot be told apart."""
    if not len(found):
        return None
    fits = [how for how, pattern in WRITTEN.items() if bool(pc.all(pc.match_substring_regex(found, pattern)).as_py())]
    if not fits:
        return None
    valid = [how for how in fits if read(found, how).null_count == 0]
    if len(valid) < 2:
        return valid[0] if valid else None
    points = bool(pc.all(pc.match_substring_regex(found, r"^[0-9]+\.")).as_py())
    return "day first" if points else "either"  # nobody writes the month first and a point behind it


def read(values: Any, how: str) -> Any:
    """timestamp[us] in UTC of each value (text; of seconds and milliseconds numbers), null where it is none of this
    form."""
    if isinstance(values, pa.ChunkedArray):
        return pa.chunked_array([read(chunk, how) for chunk in values.chunks], STAMP)
    if how in ("seconds", "milliseconds"):
        factor = 1_000_000 if how == "seconds" else 1_000
        return pc.cast(pc.multiply(pc.cast(values, pa.int64()), factor), STAMP)
    each = values.dictionary_encode()
    return _stamps(each.dictionary, WRITTEN[how]).take(each.indices)


def one(text: str, how: str) -> int | None:
    """Microseconds since 1970 of one value as `read` gives it, without Arrow: so it is read where a model left."""
    if how in ("seconds", "milliseconds"):
        return int(text) * (1_000_000 if how == "seconds" else 1_000) if re.fullmatch(r"-?[0-9]+", text) else None
    found = re.match(WRITTEN[how], text)
    if found is None:
        return None
    part = {name: value or "" for name, value in found.groupdict().items()}
    year = int(part["y"])
    year += (1900 if year >= TURN else 2000) if len(part["y"]) == 2 else 0
    named = part["m"].lower()
    month = MONTHS.index(named) + 1 if named in MONTHS else int(named)
    day, hour, minute, second = (int(part[name] or (name == "d")) for name in ("d", "H", "M", "S"))
    if part["p"]:
        hour = hour % 12 + 12 * (part["p"].lower() == "pm")
    if not (year >= 1 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 61):
        return None
    if not 1 <= day <= monthrange(year, month)[1]:
        return None
    fraction = round(float("0." + part["f"][1:]) * 1e6) if part["f"] else 0
    days = date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()
    return days * DAY + ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction - _zone(part["z"])


def compact(values: Any) -> Any:
    """20210304 as 2021-03-04."""
    return pc.replace_substring_regex(values, r"^([0-9]{4})([0-9]{2})([0-9]{2})$", r"\1-\2-\3")


def stamp(seconds: tuple[float, float]) -> Form | None:
    """Whether whole numbers between these two may be seconds or milliseconds since 1970."""
    for how, factor in (("seconds", 1), ("milliseconds", 1_000)):
        if SPAN[0] * factor <= seconds[0] and seconds[1] <= SPAN[1] * factor:
            return how
    return None


def _stamps(values: pa.Array, pattern: str) -> pa.Array:
    parts = pc.extract_regex(values, pattern)
    there = pc.is_valid(parts).to_numpy(zero_copy_only=False)
    text = {name: pc.fill_null(pc.struct_field(parts, name), "") for name in ("y", "m", "H", "M", "S", "f", "p", "z")}
    names = [field.name for field in parts.type]
    year, hour, minute, second = (_whole(text[name]) for name in ("y", "H", "M", "S"))
    short = (pc.utf8_length(text["y"]).to_numpy(zero_copy_only=False) == 2) & there
    year = np.where(short, year + np.where(year >= TURN, 1900, 2000), year)
    named = pc.index_in(pc.utf8_lower(text["m"]), value_set=pa.array(MONTHS))
    month = np.where(named.is_valid(), pc.fill_null(named, 0).to_numpy(zero_copy_only=False) + 1, _whole(text["m"]))
    day = _whole(pc.fill_null(pc.struct_field(parts, "d"), "")) if "d" in names else np.ones(len(values), np.int64)
    day = np.where(pc.struct_field(parts, "d").to_numpy(zero_copy_only=False) == "", 1, day) if "d" in names else day
    half = np.array([sign.lower() for sign in text["p"].to_pylist()], dtype=object)
    hour = np.where(half == "", hour, hour % 12 + 12 * (half == "pm"))
    good = there & (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second < 61)
    first = (np.where(good, year, 1970) - 1970).astype("datetime64[Y]").astype("datetime64[M]")
    first = first + np.where(good, month - 1, 0).astype("timedelta64[M]")
    length = ((first + np.timedelta64(1, "M")).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    good &= day <= length
    days = first.astype("datetime64[D]").astype(np.int64) + day - 1
    fraction = np.array([round(float("0." + f[1:]) * 1e6) if f else 0 for f in text["f"].to_pylist()], dtype=np.int64)
    since = days * DAY + ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction - _zones(text["z"].to_pylist())
    return pa.array(since, STAMP, mask=~good)


def _whole(text: Any) -> np.ndarray:
    """int64, 0 for what is no number."""
    digits = pc.if_else(pc.match_substring_regex(text, "^[0-9]+$"), text, "0")
    return pc.cast(digits, pa.int64()).to_numpy(zero_copy_only=False)


def _zones(written: list[str]) -> np.ndarray:
    """int64, microseconds east of UTC."""
    known = {one: _zone(one) for one in set(written)}
    return np.array([known[one] for one in written], dtype=np.int64)


def _zone(written: str) -> int:
    digits = written[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:]) if written[:1] in ("+", "-") else 0
    return (-minutes if written.startswith("-") else minutes) * 60_000_000
