"""Digests of files, remembered while their size and times stay: a page that shows one does not read it every time."""

from __future__ import annotations

from pathlib import Path

from ...workspace.artefacts import digest_file

MOST = 10_000  # files


class Hashes:
    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, ...], str]] = {}

    def of(self, path: Path) -> str | None:
        """The SHA-256 of the file as hex; None where there is none that can be read."""
        try:
            stat = path.stat()
            mark = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            found = self._known.get(path)
            if found is None or found[0] != mark:
                found = (mark, digest_file(path)[0])
                while len(self._known) >= MOST:
                    self._known.pop(next(iter(self._known)), None)
                self._known[path] = found
        except OSError:
            return None
        return found[1]
