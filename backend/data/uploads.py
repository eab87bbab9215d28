"""Files that a browser hands over, kept below WORKSPACE/uploads under the digest of what is in them.

They are written as they come and are never whole in memory. One lies there while the page that sent it is open or a
data job needs it, and RESTS seconds longer (`tidy`).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection
from pathlib import Path, PurePath

from ..workspace.layout import BadInput, fsync_folder

SUFFIXES = (".npz", ".parquet", ".zip", ".csv", ".tsv", ".jsonl", ".json", ".txt")
PICTURES = (".png", ".jpg", ".jpeg")  # to be placed on a map
MOST = 8 << 30  # bytes of all uploads that lie in a workspace
SPARE = 1 << 30  # bytes of its disk that uploads leave free
RESTS = 3_600.0  # seconds


class Incoming:
    """One upload while it comes: `write` its parts, then `keep` it, or `drop` it.

    Raises BadInput for a name of another kind, an empty file, and where there is no room.
    """

    def __init__(self, root: Path, name: str, kinds: tuple[str, ...] = SUFFIXES):
        suffix = PurePath(name).suffix.lower()
        if suffix not in kinds:
            raise BadInput(f"upload: expected one of {', '.join(kinds)}, found {name[:80]!r}")
        stem = re.sub(r"[^A-Za-z0-9_-]+", "-", PurePath(name).stem).strip("-")[:60] or "upload"
        self.name, self._file, self.size = name[:80], f"{stem}{suffix}", 0
        self.folder = root / "uploads"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._room = _room(self.folder)
        self._digest = hashlib.sha256()
        handle, self._path = tempfile.mkstemp(dir=self.folder, prefix=".coming-")
        self._out = os.fdopen(handle, "wb")

    def write(self, part: bytes) -> None:
        self.size += len(part)
        if self.size > self._room:
            raise BadInput(
                f"upload {self.name!r}: expected room for it on the server's disk, found none; register it by its path"
            )
        self._digest.update(part)
        self._out.write(part)

    def keep(self) -> Path:
        """Where it lies from now on; the same file is kept once."""
        if not self.size:
            raise BadInput(f"upload {self.name!r}: expected a file with data, found an empty one (0 bytes)")
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        target = self.folder / self._digest.hexdigest()[:16] / self._file
        target.parent.mkdir(exist_ok=True)
        os.replace(self._path, target)
        fsync_folder(target.parent)
        return target

    def drop(self) -> None:
        self._out.close()
        Path(self._path).unlink(missing_ok=True)


def keep(root: Path, name: str, payload: bytes) -> Path:
    """Write an upload that is whole already below `root`/uploads and return where it lies."""
    incoming = Incoming(root, name)
    try:
        incoming.write(payload)
        return incoming.keep()
    finally:
        incoming.drop()


def tidy(root: Path, needed: Collection[Path]) -> None:
    """Remove the uploads that nobody needs and that were last needed more than RESTS seconds ago."""
    now = time.time()
    for file in _files(root / "uploads"):
        if file in needed:
            os.utime(file)
        elif now - file.stat().st_mtime > RESTS:
            file.unlink(missing_ok=True)
            if file.parent.name != "uploads" and not any(file.parent.iterdir()):
                file.parent.rmdir()


def _room(folder: Path) -> int:
    """Bytes that another upload may take."""
    lying = sum(file.stat().st_size for file in _files(folder))
    return max(0, min(MOST - lying, shutil.disk_usage(folder).free - SPARE))


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.glob("**/*") if file.is_file() and not file.is_symlink()]
