"""Which file a path means that somebody wrote into a table."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from .names import key

_DRIVE = re.compile(r"[A-Za-z]:/")


def relative(written: str, folder: Path) -> str:
    """What was written as a path below `folder`, where it is one: blanks at the ends, `file://`, backslashes, "./" and
    the folder itself (absolute, or as ../here/) are no part of it. It may still lead outside."""
    told = written.strip()
    if told.lower().startswith("file:"):
        told = unquote(urlsplit(told).path)
    path = PurePosixPath(told.replace("\\", "/"))
    if not path.is_absolute() and ".." not in path.parts:
        return path.as_posix()
    for root in (folder, folder.absolute(), folder.resolve()):
        inside = _without_dots(root / path)
        if inside.is_relative_to(root):
            return inside.relative_to(root).as_posix()
    return path.as_posix()


class Files:
    """The files below a folder under the names that people have for them; `names` are relative, with "/"."""

    def __init__(self, names: Iterable[str], folder: Path):
        self.names, self.folder = list(names), folder
        self._exact = {name: at for at, name in enumerate(self.names)}
        self._ways: dict[str, dict[str, int | None]] | None = None

    def find(self, written: str, base: str = "") -> int | None:
        """The place of the file in `names`, None where it is absent or could be several.

        `base`: the folder of the table, "" for the folder itself. Tried in turn: the path below the table's folder and
        below the whole folder; the same in other letters (case, Unicode's spellings) and without an ending; a path of
        another machine by its end. A bare name may stand for a file anywhere below, a path only where its folders fit.
        """
        told = relative(written, self.folder / base if base else self.folder)
        paths = [path for path in (f"{base}/{told}" if base else "", told, written) if path]
        exact = next((self._exact[path] for path in paths if path in self._exact), None)
        if exact is not None or told in ("", "."):
            return exact
        tries = [(way, path) for way in ("letters", "no ending") for path in paths]
        if "/" not in told:
            tries += [("bare", told), ("bare without ending", told)]
        else:
            tries += [("letters", end) for end in self._ends(told)]
        ways = self._other_ways()
        return next((at for way, path in tries if (at := ways[way].get(key(path))) is not None), None)

    def _ends(self, path: str) -> Iterator[str]:
        """What may stand below this folder: of another machine's /home/me/set/img/1.png the ends me/set/img/1.png,
        set/img/1.png, img/1.png; of a path through a folder of this one's name (data/set/img/1.png) what follows it."""
        parts = PurePosixPath(path).parts
        foreign = path.startswith("/") or bool(_DRIVE.match(path))
        for first in range(int(foreign), len(parts) - 1):
            if key(parts[first]) == key(self.folder.name):
                yield "/".join(parts[first + 1 :])
            if foreign:
                yield "/".join(parts[first:])

    def _other_ways(self) -> dict[str, dict[str, int | None]]:
        """{way: {key: place, None where several files share the key}}"""
        if self._ways is None:
            self._ways = defaultdict(dict)
            for at, name in enumerate(self.names):
                path = PurePosixPath(name)
                bare = path.with_suffix("").as_posix()
                for way, made in (
                    ("letters", name), ("no ending", bare), ("bare", path.name), ("bare without ending", path.stem),
                ):  # fmt: skip
                    made = key(made)
                    self._ways[way][made] = None if made in self._ways[way] else at
        return self._ways


def _without_dots(path: Path) -> Path:
    """The path without ".." as text: no link is followed."""
    parts: list[str] = []
    for part in path.parts:
        if part != "..":
            parts.append(part)
        elif len(parts) > 1:
            parts.pop()
    return Path(*parts)
