"""SVG text: elements, words, numbers. Everything that comes from data is escaped here."""

from __future__ import annotations

import re
import textwrap
from html import escape, unescape
from typing import Any

from ..frame.safe import JOINER, visible

DASH = {"dash": "7 4", "dot": "2 3", "dashdot": "7 3 2 3", "longdash": "11 5", "longdashdot": "11 4 2 4"}


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def tag(name: str, inner: str = "", **attributes: Any) -> str:
    """One element; attributes are escaped, those that are None left out. Nothing drawn: nothing."""
    if name == "g" and not inner:
        return ""
    pairs = "".join(
        f' {k.replace("_", "-")}="{escape(number(v) if isinstance(v, float) else visible(str(v)))}"'
        for k, v in attributes.items()
        if v is not None
    )
    return f"<{name}{pairs}>{inner}</{name}>" if inner else f"<{name}{pairs}/>"


def strip(text: str) -> str:
    """Plotly's small markup as plain text, its line breaks kept. XML takes no control characters: they are named."""
    plain = re.sub(r"</?[a-z]+[^>]*>", "", re.sub(r"<br\s*/?>", "\n", str(text)))
    return visible(unescape(plain).replace(JOINER, ""), lines=True)


def words(text: str, x: float, y: float, size: float = 12, anchor: str = "start", **attributes: Any) -> str:
    """Text at (x, y), one <tspan> a line."""
    lines = strip(text).split("\n")
    inner = (
        escape(lines[0])
        if len(lines) == 1
        else "".join(
            tag("tspan", escape(line) or " ", x=x, dy=0 if i == 0 else size * 1.2) for i, line in enumerate(lines)
        )
    )
    weight = attributes.pop("weight", None)
    return tag("text", inner, x=x, y=y, font_size=size, text_anchor=anchor, font_weight=weight, **attributes)


def wrapped(text: str, width: float, size: float = 12) -> str:
    """`text` broken at spaces into lines of at most `width` px, as far as its words allow; for `words`."""
    most, lines = max(8, int(width / (0.55 * size))), []
    for line in strip(text).split("\n"):
        lines += textwrap.wrap(line, most, break_long_words=False) or [""]
    return escape("\n".join(lines), quote=False).replace("\n", "<br>")
