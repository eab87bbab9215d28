"""The files of a folder or an archive of images by what they are: by content where the ending says little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ..pixels import kinds
from . import _tables

TABLES = 10  # that are looked at; more of them are one a picture, and no tables beside them
WORDS = (
    ".txt", ".md", ".rst", ".log", ".xml", ".html", ".htm", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".py", ".ipynb",
    ".m", ".r", ".sh", ".bat", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".zip", ".gz", ".tar", ".7z", ".rar",
)  # fmt: skip  # whatever is in them, it is no picture


@dataclass
class Sorted:
    """Relative names. `unread`: {name: what it is} of pictures that are not read and of unknown binary files."""

    images: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def sort(names: Iterable[str], head: Callable[[str], bytes], most: int | None = None) -> Sorted:
    """`head` gives the first bytes of a file; files of picture endings are not opened, of the others at most `most`."""
    found, opened = Sorted(), 0
    for name in sorted(names):
        suffix = PurePosixPath(name.lower()).suffix
        if suffix in kinds.SUFFIXES:
            found.images.append(name)
        elif suffix in _tables.SUFFIXES:
            found.tables.append(name)
        elif suffix in WORDS or (most is not None and opened >= most):
            found.others.append(name)
        else:
            opened += 1
            _by_content(name, head(name), found)
    if len(found.tables) > TABLES:
        found.others = sorted([*found.others, *found.tables])
        found.tables = []
    return found


def counted(unread: dict[str, str]) -> str:
    """What the files are: "HEIC, AVIF", the most frequent first."""
    return ", ".join(kind for kind, _ in Counter(unread.values()).most_common(3))


def _by_content(name: str, head: bytes, found: Sorted) -> None:
    if kinds.picture(head, name):
        found.images.append(name)
    elif kind := kinds.other_picture(head, name):
        found.unread[name] = kind
    elif kinds.said(head) in (kinds.UNKNOWN, "NumPy array", "HDF5"):
        found.unread[name] = kinds.said(head)
    else:
        found.others.append(name)
