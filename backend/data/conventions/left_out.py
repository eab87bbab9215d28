"""What a reader leaves out of a source: counted, named, and said. Nothing vanishes in silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import category

NAMED = 3  # of what was left out, the first ones
NO_IMAGE = ("file that is no image was left out", "files that are no images were left out")
SYSTEM = ("hidden or system file or folder was left out", "hidden or system files and folders were left out")


@dataclass(frozen=True)
class LeftOut:
    """`one` and `many`: what happened, behind the number of `names`; `quiet`: counted on the sheet, not remarked on."""

    names: Sequence[str]
    one: str
    many: str
    quiet: bool = False

    def __len__(self) -> int:
        return len(self.names)

    def sentence(self) -> str:
        """The number, what happened and the first names: "2 files that are no images were left out: a.md, b.md."."""
        return f"{len(self):,} {self._what()}: {', '.join(self._first())}{' and others' if len(self) > NAMED else ''}."

    def fact(self) -> dict[str, Any]:
        """What the sheet keeps of it."""
        return {"what": self._what(), "count": len(self), "names": self._first(), "quiet": self.quiet}

    def _what(self) -> str:
        return self.one if len(self) == 1 else self.many

    def _first(self) -> list[str]:
        return [shown(name) for name in self.names[:NAMED]]


def sentences(found: Iterable[LeftOut]) -> list[str]:
    """The remarks on what was left out."""
    return [left.sentence() for left in found if left and not left.quiet]


def facts(found: Iterable[LeftOut]) -> list[dict[str, Any]]:
    """The entries of the sheet."""
    return [left.fact() for left in found if left]


def shown(name: str) -> str:
    """A name that can stand in a line: blanks of any kind are blanks, what cannot be seen or turns the line is written
    out (`Icon\\r`)."""
    told = "".join(" " if category(c) == "Zs" else c if _is_seen(c) else repr(c)[1:-1] for c in name)
    return told if len(told) <= 120 else f"...{told[-117:]}"


def _is_seen(c: str) -> bool:
    return c.isprintable() or c in "\u200c\u200d"  # they join letters and emoji
