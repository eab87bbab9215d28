"""Text from files and people on its way to a reader: Streamlit's Markdown, Plotly's markup, tables.

A name may be a link, a picture from another server, a formula or an icon to whoever draws it. Everything that comes
from data or people goes through one of these on its way to a page (tests/unit/test_foreign_text.py reads the pages
for what does not).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from backend.workspace.visible import visible

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["JOINER", "as_html", "cells", "code", "drawn", "fenced", "flat", "marked", "plain", "visible"]

# What Markdown, or Streamlit's own additions to it, would read as markup.
_SIGNS = re.compile(
    r"[\\`*$~]"  # code, emphasis, formulas, strikethrough
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis
    r"|<(?=[A-Za-z/!?])"  # HTML, links in angle brackets
    r"|&(?=[#A-Za-z])"  # entities
    r"|!(?=\[)|(?<=\])[(\[:]"  # pictures, links, what they refer to
    r"|:(?=[A-Za-z:]|[\w-]+[\[{])"  # directives, as in :red[text]
    r"|^ ?(?:[#>=\[]|[-+](?=[\s-]|$))"  # headings, quotes, rules, lists, definitions
    r"|^ ?\d{1,9}(?=[.)](?:\s|$))"  # numbered lists
)
_SIGNS_WITHIN = re.compile(rf"{_SIGNS.pattern}|[\[\]]")
# What is looked for in the text that is left when the markup was read: addresses, emoji, icons, arrows. An escape does
# not help there; a joiner of no width within it does.
_WORDS = re.compile(
    r"(?i:https?)(?=://)|(?i:www)(?=\.)|(?<=[\w.+-])(?=@[\w-])"
    r"|:(?=(?:100|1234|[+-]1|[\w+/-]*[A-Za-z][\w+/-]*)(?:\\?:|$))"
    r"|-(?=>)|<(?=-)|[<>~](?==)|(?<![^\s\\])-(?=-(?!\w))"  # not the dashes of an --option, which is copied
)
# In a file: whoever reads it brings a Markdown of their own.
_FILE = re.compile(r"[\\`*$~\[|]|(?<![^\W_])_|_(?![^\W_])|!(?=\[)|^(?:[#=]|[-+](?=[\s-]|$)|\d{1,9}(?=[.)](?:\s|$)))")
JOINER = "\u2060"


def plain(text: str, within: bool = False) -> str:
    """`text` as it is written, on one line, where Streamlit reads Markdown; `within`: in brackets, as of :red[...]."""
    text = re.sub(r"^\s+", " ", visible(str(text)))  # more of them would be code
    escaped = (_SIGNS_WITHIN if within else _SIGNS).sub(_escaped, text)
    return _WORDS.sub(lambda word: word.group() + JOINER, escaped)


def marked(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows for `st.table`, which reads Markdown in names and cells."""
    return [
        {plain(name): plain(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows
    ]


def flat(text: str) -> str:
    """`text` as it is written, on one line, in a file of Markdown: a heading, a sentence, a cell of a table."""
    text = escape(visible(" ".join(str(text).split())), quote=False)
    return _WORDS.sub(lambda word: word.group() + JOINER, _FILE.sub(_escaped, text))


def fenced(text: str, language: str = "") -> str:
    """A block of code in a file of Markdown, which nothing in `text` ends."""
    fence = "`" * (3 + text.count("`"))
    return f"{fence}{language}\n{visible(text, lines=True).rstrip(chr(10))}\n{fence}\n"


def code(text: str) -> str:
    """`text` as code within a line of Markdown."""
    return "`" + visible(text).replace("`", "'") + "`"


def drawn(text: str) -> str:
    """`text` as it is written in a figure of Plotly, which reads tags, entities and %{variables}."""
    return escape(visible(str(text)), quote=False).replace("%{", f"%{JOINER}{{")


def as_html(text: str) -> str:
    """`text` as it is written, line ends among it, within HTML: between tags or in a quoted attribute."""
    return escape(visible(text, lines=True))


def cells(rows: pd.DataFrame | Iterable[dict[str, Any]]) -> pd.DataFrame | list[dict[str, Any]]:
    """Rows of a table whose names and texts hold nothing that acts; other values as they are."""
    if not hasattr(rows, "dtypes"):
        return [{visible(str(name)): _cell(value) for name, value in row.items()} for row in rows]
    import pandas as pd

    shown = rows.rename(columns=lambda name: visible(name) if isinstance(name, str) else name)
    for place, kind in enumerate(shown.dtypes):
        column = shown.iloc[:, place]
        if isinstance(kind, pd.CategoricalDtype):
            shown.isetitem(place, column.cat.rename_categories(_cell))
        elif pd.api.types.is_object_dtype(kind) or pd.api.types.is_string_dtype(kind):
            shown.isetitem(place, column.map(_cell, na_action="ignore"))
    return shown


def _cell(value: Any) -> Any:
    return visible(value, lines=True) if isinstance(value, str) else value


def _escaped(sign: re.Match[str]) -> str:
    found = sign.group()
    return f"{found}\\" if found[-1].isdigit() else f"{found[:-1]}\\{found[-1]}"
