"""How the numbers of a column are written: separators of thousands, the decimal sign, a currency, percent.

A column has one form for all its values. What has leading zeros (007) is a code and no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

CURRENCIES = (
    "R$", "$", "€", "£", "¥", "₹", "₩", "₽", "₺", "zł", "kr", "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "AUD",
    "CAD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "TRY", "BRL", "MXN", "ZAR", "KRW", "SGD", "HKD", "RUB",
    "ILS", "THB", "Rs", "Fr",
)  # fmt: skip
BLANKS = "\u00a0\u202f\u2009"  # no-break, narrow no-break and thin blank, as they stand between thousands
WHOLE = r"(0|[1-9][0-9]*)"


@dataclass(frozen=True)
class Form:
    """decimal: the sign before the fraction; thousands: between three digits, "" for none; currency: beside the
    number; percent: whether % stands behind it; brackets: whether (5) is -5."""

    decimal: str = "."
    thousands: str = ""
    currency: str = ""
    percent: bool = False
    brackets: bool = False

    def as_dict(self) -> dict[str, Any]:
        plain = asdict(Form())
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    @property
    def said(self) -> list[str]:
        """What is unusual, in words."""
        thousands = {",": "commas", ".": "points", " ": "blanks", "'": "apostrophes"}.get(self.thousands)
        return [
            *([f"amounts in {self.currency}"] if self.currency else []),
            *(["percent"] if self.percent else []),
            *([f"{thousands} between thousands"] if thousands else []),
            *(["a decimal comma"] if self.decimal == "," else []),
            *(["negative numbers in brackets"] if self.brackets else []),
        ]


def forms(found: pa.Array, comma: bool) -> Iterator[Form]:
    """The forms that some of the values found (trimmed text, each once) may have, the likeliest first. comma: whether
    1,234 alone is likelier 1.234, as in files that part their values by semicolons."""
    percent = _share(found, r"%$") > 0.5
    currency = next((one for one in CURRENCIES if _share(found, _of_currency(one)) > 0), "")
    brackets = _share(found, r"^[^0-9]*\([^()]*[0-9][^()]*\)[^0-9]*$") > 0
    first = ((",", ""), (".", ",")) if comma else ((".", ","), (",", ""))
    for decimal, thousands in ((".", ""), *first, (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'")):
        yield Form(decimal, thousands, currency, percent, brackets)


def pattern(form: Form) -> str:
    """What a bare number of this form looks like, as a regular expression of the whole."""
    point = r"\." if form.decimal == "." else ","
    fraction = rf"({point}[0-9]*)?"
    exponent = "" if form.thousands else r"([eE][+-]?[0-9]+)?"
    whole = rf"({WHOLE}{fraction}|{point}[0-9]+){exponent}"
    if form.thousands:
        sign = {" ": "[ ]", "'": "['’]", ".": r"\.", ",": ","}[form.thousands]
        grouped = rf"[1-9][0-9]{{0,2}}({sign}[0-9]{{3}})+{fraction}"
        whole = f"({grouped}|{whole})"
    return f"[+-]?{whole}"


def fits(values: pa.Array, form: Form) -> pa.Array:
    """bool: whether each value (trimmed text) is a number of this form."""
    return pc.match_substring_regex(_bare(values, form), f"^{pattern(form)}$")


def read(values: pa.Array | pa.ChunkedArray, form: Form) -> Any:
    """float64 of each value, null where it is no number of this form."""
    bare = pc.if_else(fits(values, form), _bare(values, form), pa.scalar(None, pa.string()))
    for sign in _signs(form):
        bare = pc.replace_substring(bare, sign, "")
    if form.decimal == ",":
        bare = pc.replace_substring(bare, ",", ".")
    return pc.cast(pc.utf8_ltrim(bare, characters="+"), pa.float64())


def one(text: str, form: Form) -> float | None:
    """One value as `read` gives it, without Arrow: so it is read where a model left the workbench."""
    bare = text
    if form != Form():
        for blank in BLANKS:
            bare = bare.replace(blank, " ")
        bare = bare.rstrip("%").rstrip() if form.percent else bare
        for found, instead in _steps(form):
            bare = re.sub(found, instead, bare)
        bare = bare.replace("−", "-")
    if not re.fullmatch(pattern(form), bare):
        return None
    for sign in _signs(form):
        bare = bare.replace(sign, "")
    return float(bare.replace(",", ".") if form.decimal == "," else bare)


def ambiguous(found: pa.Array, form: Form) -> bool:
    """Whether the values found might as well have the other decimal sign: commas stand before three digits alone."""
    if "," not in (form.decimal, form.thousands):
        return False
    bare = _bare(found, form)
    commas = bare.filter(pc.match_substring(bare, ","))
    return len(commas) > 0 and bool(
        pc.all(pc.match_substring_regex(commas, r"^[+-]?[1-9][0-9]{0,2},[0-9]{3}$")).as_py()
    )


def _share(found: pa.Array, pattern: str) -> float:
    return (
        (pc.mean(pc.cast(pc.match_substring_regex(found, pattern), pa.float64())).as_py() or 0.0) if len(found) else 0.0
    )


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "$.^*+?()[]{}|\\" else c for c in text)


def _of_currency(one: str) -> str:
    name = _escaped(one)
    return rf"^[(]?[+-]?{name} ?[+-]?[0-9.(]|[0-9)] ?{name}[)]?$"


def _bare(values: Any, form: Form) -> Any:
    """The values without what stands around the digits."""
    if form == Form():
        return values
    bare = values
    for blank in BLANKS:
        bare = pc.replace_substring(bare, blank, " ")
    if form.percent:
        bare = pc.utf8_rtrim_whitespace(pc.utf8_rtrim(bare, characters="%"))
    for found, instead in _steps(form):
        bare = pc.replace_substring_regex(bare, found, instead)
    return pc.replace_substring(bare, "−", "-")


def _steps(form: Form) -> list[tuple[str, str]]:
    """What is taken away around the digits, in this order: (regular expression, what stands there instead)."""
    name = _escaped(form.currency)
    currency = [(rf"^([(]?[+-]?){name} ?", r"\1"), (rf" ?{name}([)]?)$", r"\1")] if form.currency else []
    brackets = [(r"^\(([^()+-]*)\)$", r"-\1")] if form.brackets else []
    return [*currency, *brackets, (r"^([+-]) ", r"\1")]


def _signs(form: Form) -> str:
    """Between thousands."""
    return {" ": " ", "'": "'’"}.get(form.thousands, form.thousands)
