"""Fields of a form that our own code reads: one number, or a list of them.

What cannot be read stands in the form's values as `Wrong`, with its line under the field, so that nothing starts on a
number other than the one that is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput

from .numbers import Range, read, read_list, shown
from .page import plain

KEPT: dict[str, Any] = {"persist_state": "session"}  # of a widget that keeps its value when its page is left
NONE = "(none)"
LONGEST = 40  # characters of a number


@dataclass(frozen=True)
class Wrong:
    """What stands in a form's values where a field cannot be read. `line`: what was expected there, and found."""

    line: str


def wrong(values: Any) -> Iterator[str]:
    """The lines of all fields of a form (or of several) that cannot be read."""
    if isinstance(values, Wrong):
        yield values.line
    elif isinstance(values, dict | list):
        for value in values.values() if isinstance(values, dict) else values:
            yield from wrong(value)


def checked(values: Any) -> Any:
    """The same values, all of which could be read. Raises BadInput with the line of the first that could not."""
    if lines := list(wrong(values)):
        more = f" ({len(lines) - 1} more of the fields cannot be read)" if len(lines) > 1 else ""
        raise BadInput(lines[0] + more)
    return values


def number(
    label: str,
    start: float | None,
    taken: Range,
    key: str,
    *,
    help: str | None = None,
    optional: bool = False,
    empty: str = "all",
    place: Any = st,
    keep: bool = True,
) -> float | int | Wrong | None:
    """A field for one number of the range `taken`; beneath it the line on what is wrong with it.

    optional: it may be left empty, which is shown as `empty` and gives None. keep: its text outlives a visit elsewhere.
    """
    told = " ".join(filter(None, (help and help.rstrip(".") + ".", f"{str(taken).capitalize()}.")))
    more = KEPT if keep else {}
    hint = empty if optional else None
    text = place.text_input(plain(label), shown(start), LONGEST, key=key, help=plain(told), placeholder=hint, **more)
    if optional and not text.strip():
        return None
    return _told(lambda: read(text, label, taken), place)


def numbers(
    label: str, start: list[float], key: str, help: str | None = None, placeholder: str | None = None
) -> list[float] | Wrong:
    """A field for a list of numbers."""
    written = ", ".join(map(shown, start))
    text = st.text_input(plain(label), written, key=key, help=help and plain(help), placeholder=placeholder, **KEPT)
    return _told(lambda: read_list(text, label, Range()), st)


def column(title: str, names: list[str], start: str | None, key: str, help: str) -> str | None:
    """A choice among the columns of a source, or none of them."""
    options = [None, *names]  # a column may be called as NONE is
    index = options.index(start) if start in names else 0
    look = {"format_func": lambda name: NONE if name is None else name, "help": help, **KEPT}
    return st.selectbox(title, options, index=index, key=key, **look)


def _told(reading: Callable[[], Any], place: Any) -> Any:
    try:
        return reading()
    except BadInput as problem:
        place.markdown(f":small[:red[{plain(str(problem), within=True)}]]")
        return Wrong(str(problem))
