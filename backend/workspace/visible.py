"""Text from files and people, made safe to show: what would act on a terminal, a page or a printer is named instead.

    visible("run\\x1b[2J")  ->  "run[U+001B][2J"

Named are control characters (ANSI escapes, NUL, line ends where one line is expected), what turns the direction of the
text around it (a name can read as another), letters without a width, and halves of characters, which no encoding
takes. Marks that scripts need (the joiners of Persian and of emoji, marks of direction) stay.
"""

from __future__ import annotations

import re

_ACTS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tabs and line ends
    "\u180e\u200b\u2060-\u2064\ufeff"  # no width
    "\u2028\u2029"  # ends of lines and paragraphs
    "\u202a-\u202e\u2066-\u206f"  # embeddings, overrides and isolates of direction
    "\ufff9-\ufffb\U000e0000-\U000e007f"  # annotations and tags
    "\ud800-\udfff"
)
_NAMED = re.compile(f"[{_ACTS}]")
_NAMED_IN_A_LINE = re.compile(f"[{_ACTS}\n]")


def visible(text: str, lines: bool = False) -> str:
    """`text` on one line, or with `lines` on as many as it has. What acts stands as its code point: [U+202E]."""
    if lines:
        return _NAMED.sub(_name, text.replace("\r\n", "\n"))
    return _NAMED_IN_A_LINE.sub(_name, text.replace("\t", " "))


def _name(found: re.Match[str]) -> str:
    return f"[U+{ord(found.group()):04X}]"
