"""The words of `workbench data add` as the spec that the service takes.

A name that holds a comma, a colon or an equals sign stands in double quotes, and so does a column that is called none:
--sensitive '"race, other","capital:gain":5:10'. A quote in such a name is doubled.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from backend.modality import FIRST, modality, names
from backend.workspace.layout import BadInput, given_path

SEPARATORS = {"comma": ",", "tab": "\t", "semicolon": ";", "bar": "|", "\\t": "\t"}
_QUOTED = re.compile(r'\s*"(?:[^"]|"")*"')
NONE = "none"  # declines the column that a source declares


def data_spec(path: str, name: str, kind: str | None, **words: Any) -> dict[str, Any]:
    """The spec of a source. words: options by the spec's names for them, None where they were not given.

    `positive`, `sensitive` and `missing` are lists as they are written in the shell, `columns` are NAME=TYPE, columns
    are single names. kind: None where it was not said, which a built-in set does itself.
    """
    from backend.data.spec import HUB

    spec: dict[str, Any] = {"name": name, "kind": kind or _usual(path, words)}
    if path.startswith("builtin:"):
        spec["builtin"] = path.removeprefix("builtin:")
    else:
        spec["path"] = path if path.startswith(HUB) else str(given_path(path))
    given = {option: value for option, value in words.items() if value is not None}
    if positive := given.pop("positive", None):
        spec |= positive_values(positive)
    if sensitive := given.pop("sensitive", None):
        spec["sensitive"] = [sensitive_column(part) for part in parted(sensitive, ",", "--sensitive")]
    if "missing" in given:
        spec["missing"] = [unquoted(part) for part in parted(given.pop("missing"), ",", "--missing")]
    if separator := given.pop("separator", None):
        spec["separator"] = SEPARATORS.get(separator.lower(), separator)
    if columns := given.pop("columns", None):
        spec["columns"] = dict(map(column_type, columns))
    if called := given.pop("value_names", None):
        spec["value_names"] = dict(map(values_called, called))
    for option in ("label", "split_column"):
        if option in given:
            given[option] = column_or_none(given[option])
    for option in ("split_by", "split_time", "image_column", "text_column", "observed", "time_column"):
        if option in given:
            given[option] = unquoted(given[option])
    return spec | given


def _usual(path: str, words: dict[str, Any]) -> str:
    """The modality of a source of which none was said: the built-in set's own, or the one whose options were given."""
    name = path.removeprefix("builtin:")
    if name == path:
        given = {option for option, value in words.items() if value}
        fields = {of: set(modality(of).spec_fields) for of in names()}
        fits = [of for of in fields if given & fields[of]]
        return min(fits, key=lambda of: (-len(given & fields[of]), len(fields[of])), default=FIRST)
    import sample_data

    return sample_data.kind(name) if name in sample_data.names() else FIRST


def positive_values(text: str) -> dict[str, Any]:
    """`mel,bcc` -> the values that make class 1; `malignant=mel,bcc` gives them a name. `<=50K` is a value."""
    at = _equals(text)
    values = [unquoted(part) for part in parted(text[at + 1 :] if at else text, ",", "--positive")]
    return {"positive": values} | ({"positive_name": unquoted(text[:at])} if at else {})


def sensitive_column(text: str) -> str | dict[str, Any]:
    """`sex` -> a column; `age:40:60` -> a number cut into bands at 40 and 60."""
    column, *cuts = parted(text, ":", "--sensitive")
    if not cuts:
        return unquoted(column)
    try:
        numbers = [float(cut) for cut in cuts]
    except ValueError:
        raise BadInput(
            f"--sensitive {text}: expected numbers after ':', found {':'.join(cuts)!r}; a name with ':' stands in "
            "double quotes"
        ) from None
    return {"column": unquoted(column), "cuts": [int(n) if n.is_integer() else n for n in numbers]}


def column_type(text: str) -> tuple[str, str]:
    """`age=number` -> ("age", "number"); a name may hold equals signs, a type has none."""
    name, equals, kind = text.rpartition("=")
    if not equals or not name.strip() or not kind.strip():
        raise BadInput(f"--column {text}: expected NAME=TYPE, such as age=number")
    return unquoted(name), kind.strip()


def values_called(text: str) -> tuple[str, dict[str, str]]:
    """`tumour:0=benign,1=malignant` -> the column, and what its values are called."""
    column, *rest = parted(text, ":", "--call")
    pairs = [part.partition("=") for part in parted(":".join(rest), ",", "--call")]
    if not pairs or not all(value.strip() and name.strip() for value, _, name in pairs):
        raise BadInput(f"--call {text}: expected COLUMN:VALUE=NAME,VALUE=NAME, such as tumour:0=benign,1=malignant")
    return unquoted(column), {unquoted(value): unquoted(name) for value, _, name in pairs}


def column_or_none(text: str) -> str | Literal[False]:
    """The name of a column, False for `none`; a column that is called so stands in double quotes."""
    return False if text.strip() == NONE else unquoted(text)


def parted(text: str, separator: str, option: str) -> list[str]:
    """The parts between separators that stand in no quotes, without the blank ones. Raises BadInput."""
    parts, quoted, at = [""], False, 0
    while at < len(text):
        sign = text[at]
        if quoted and text[at : at + 2] == '""':  # a quote in the name
            sign = '""'
        elif sign == '"' and (quoted or not parts[-1].strip()):
            quoted = not quoted
        if sign == separator and not quoted:
            parts.append("")
        else:
            parts[-1] += sign
        at += len(sign)
    if quoted:
        raise BadInput(f"{option} {text}: expected every double quote to be closed, found one that is not")
    return [part.strip() for part in parts if part.strip()]


def unquoted(text: str) -> str:
    """A name without the quotes around it."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text


def _equals(text: str) -> int:
    """Where the equals sign stands that parts a name from values, 0 where none does: that of <= or == does not, nor
    one behind the first comma."""
    quoted = _QUOTED.match(text)
    start = quoted.end() if quoted else 0
    for at in range(start, len(text)):
        if text[at] == "," or (quoted and text[at] not in " ="):
            return 0
        if text[at] == "=" and text[:at].strip() and text[at - 1] not in "<>!=" and text[at + 1 : at + 2] != "=":
            return at
    return 0
