"""What the shell prints: one line at a time, in which nothing acts on the terminal.

Names, reasons and logs come from files and people; an escape sequence among them could clear the screen, retitle the
window or hide what stands before it. No command prints in another way (tests/unit/test_foreign_text.py).
"""

from __future__ import annotations

import sys

from backend.workspace.visible import visible


def tell(line: str = "", err: bool = False, end: str = "\n") -> None:
    """Print one line on stdout, or with `err` on stderr, at once."""
    print(visible(line), file=sys.stderr if err else sys.stdout, end=end, flush=True)


def tell_all(text: str, err: bool = False) -> None:
    """Print a text line by line."""
    for line in text.splitlines():
        tell(line, err)
