"""Every file below a folder, links followed as far as they stay inside; what is passed over is told."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ...workspace.layout import BadInput
from ..conventions import names
from ..conventions.left_out import SYSTEM, LeftOut, shown

MOST_FOLDERS = 500_000
ABOUT = (".txt", ".md", ".rst", ".pdf", ".bib", ".cff", "")  # endings of notes on the data


@dataclass
class Passed:
    """What a walk did not go into, by relative names."""

    hidden: list[str] = field(default_factory=list)
    loops: list[str] = field(default_factory=list)  # links that lead back to a folder around them
    empty: list[str] = field(default_factory=list)  # folders
    odd: list[str] = field(default_factory=list)  # links to nothing, sockets, pipes

    def left_out(self) -> list[LeftOut]:
        one = "link that leads back to a folder around it was left out"
        many = "links that lead back to a folder around them were left out"
        return [
            LeftOut(self.loops, one, many),
            LeftOut(sorted(self.empty), "empty folder was left out", "empty folders were left out"),
            LeftOut(sorted(self.odd), "entry that is no file was left out", "entries that are no files were left out"),
            LeftOut(sorted(self.hidden), *SYSTEM, quiet=True),
        ]


def walk(root: Path, passed: Passed | None = None) -> Iterator[str]:
    """The relative name, with "/", of every file below `root` but hidden ones and the system's own.

    A linked folder is read where it lies below `root`; one that leads out, or nowhere, could be a class:
    BadInput, which names it. BadInput also for names that cannot be shown.
    """
    passed = Passed() if passed is None else passed
    inside = root.resolve()
    waiting: list[tuple[str, frozenset[str]]] = [("", frozenset([os.path.realpath(root)]))]
    entered = 0
    while waiting:
        folder, above = waiting.pop()
        entered += 1
        if entered > MOST_FOLDERS:  # links to links to folders can make any number of a few
            raise BadInput(f"{root.name}: expected at most {MOST_FOLDERS:,} folders, found more")
        found = sorted(_entries(root / folder, root.name), key=lambda entry: entry.name)
        if not found and folder:
            passed.empty.append(folder)
        for entry in found:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if names.hidden(entry.name):
                passed.hidden.append(name)
                continue
            if names.strange(entry.name):
                raise BadInput(f"{root.name}: expected names of files in printable UTF-8, found {shown(name)!r}")
            if entry.is_symlink():
                _check_link(entry, name, root, inside)
            if entry.is_dir():
                real = os.path.realpath(entry.path)
                if real in above:
                    passed.loops.append(name)
                else:
                    waiting.append((name, above | {real}))
            elif entry.is_file():
                yield name
            else:
                passed.odd.append(name)


def _entries(folder: Path, root: str) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError as error:
        raise BadInput(f"{root}: expected a folder that can be read, found {folder.name}: {error.strerror}") from None


def _check_link(entry: os.DirEntry, name: str, root: Path, inside: Path) -> None:
    """Raises BadInput for a link that may be a folder of a class and cannot be followed."""
    target = Path(os.path.realpath(entry.path))
    if entry.is_dir():
        if not target.is_relative_to(inside):
            raise BadInput(
                f"{root.name}/{shown(name)}: expected a folder below {root.name}/, found a link that leads outside "
                f"(to {shown(target.name)}); put the folder itself there"
            )
    elif not entry.is_file() and not PurePosixPath(name).suffix:
        raise BadInput(f"{root.name}/{shown(name)}: expected a folder or a file, found a link that leads nowhere")


def besides(found: Iterable[str]) -> list[LeftOut]:
    """Files beside those that are read; notes on the data (README, SOURCE.txt, a licence) are no remark."""
    about, others = [], []
    for name in sorted(found):
        (about if PurePosixPath(name.lower()).suffix in ABOUT else others).append(name)
    what = "beside the data was left out", "beside the data were left out"
    return [
        LeftOut(others, f"file {what[0]}", f"files {what[1]}"),
        LeftOut(about, f"note {what[0]}", f"notes {what[1]}", quiet=True),
    ]


def files_below(root: Path) -> Iterator[Path]:
    """The files of `walk`."""
    return (root / name for name in walk(root))
