"""When two spellings are one name, and which file names can be shown.

A Mac stores "é" as e and an accent (NFD), everything else as one character (NFC), and it writes the time of a
screenshot with a narrow no-break space (U+202F). On the screen such names are the same, so they are one class, one
group and one file.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from ...workspace.layout import BadInput

# Control characters, halves of a character (what is no UTF-8 on the disk) and unassigned ones; every kind of blank,
# joined emoji and private characters are names that people have.
_STRANGE = ("Cc", "Cs", "Cn")
# What Finder and Windows put into folders
CLUTTER = ("Icon\r", "Thumbs.db", "ehthumbs.db", "desktop.ini", ".DS_Store")
# Folders that systems and programs keep beside those of people
_FOLDERS = ("__MACOSX", "__pycache__", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found")


def same(text: str) -> str:
    """The one spelling of a name: composed letters (NFC), plain blanks for Unicode's others, none at the ends."""
    if text.isascii():
        return text.strip()
    composed = unicodedata.normalize("NFC", text)
    return "".join(" " if unicodedata.category(c) == "Zs" else c for c in composed).strip()


def key(path: str) -> str:
    """What two paths share that mean the same file, whatever system wrote them: `same`, "/", no case."""
    return same(path.replace("\\", "/")).casefold()


def columns(found: Sequence[str], where: str) -> list[str]:
    """The one spelling of each column's name. Raises BadInput where two columns have one name."""
    told = [same(str(name)) for name in found]
    twice = next((name for name, times in Counter(told).items() if times > 1), None)
    if twice is not None:
        raise BadInput(f"{where}: expected different column names, found {twice[:60]!r} twice")
    return told


def strange(name: str) -> bool:
    """Whether a file name holds a character that no terminal or page can show."""
    return any(unicodedata.category(c) in _STRANGE for c in name)


def clutter(name: str) -> bool:
    """Whether the system keeps a file of this name for itself."""
    return name in CLUTTER or name in _FOLDERS or name.startswith("._")


def hidden(name: str) -> bool:
    """Whether a file or folder is hidden, or one of the system's."""
    return name.startswith(".") or clutter(name)
