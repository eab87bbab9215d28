"""Files that a browser hands over, kept below WORKSPACE/uploads under the digest of what is in them.

What belongs together (pictures and a table that tells of them, a zip and its table) is gathered in a folder there.

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
from collections import Counter
from collections.abc import Sequence, Set
from pathlib import Path, PurePath

from ..workspace.layout import BadInput, fsync_folder
from .conventions.names import hidden, key, strange
from .pixels.kinds import SUFFIXES as PICTURE_SUFFIXES

SUFFIXES = (".npz", ".parquet", ".zip", ".csv", ".tsv", ".jsonl", ".json", ".txt")
PICTURES = PICTURE_SUFFIXES  # one to be placed on a map, or many with a table beside them
TABLES = (".csv", ".tsv", ".jsonl", ".json", ".parquet")
MOST = 8 << 30  # bytes of all uploads that lie in a workspace
SPARE = 1 << 30  # bytes of its disk that uploads leave free
RESTS = 3_600.0  # seconds
LONGEST = 200  # bytes of a file's name


class Incoming:
    """One upload while it comes: `write` its parts, then `keep` it, or `drop` it.

    Raises BadInput for a name of another kind, an empty file, and where there is no room.
    """

    def __init__(self, root: Path, name: str):
        suffix = PurePath(name).suffix.lower()
        if suffix not in (*SUFFIXES, *PICTURES):
            raise BadInput(f"upload: expected one of {', '.join((*SUFFIXES, *PICTURES))}, found {name[:80]!r}")
        self.name, self._file, self.size = name[:80], f"{_stem(name)}{suffix}", 0
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


def gather(root: Path, files: Sequence[tuple[str, str | Path]]) -> Path:
    """A folder of uploads that belong together, under the names that people gave them. files: (name, where it lies).

    They are pictures, with tables beside them or without, or one zip with tables. Nothing is copied. Raises BadInput.
    """
    names, held = [_bare(name) for name, _ in files], root.resolve() / "uploads"
    kinds = [PurePath(name).suffix.lower() for name in names]
    zips, pictures = kinds.count(".zip"), sum(kind in PICTURES for kind in kinds)
    odd = [name for name, kind in zip(names, kinds, strict=True) if kind not in (".zip", *PICTURES, *TABLES)]
    if odd or zips > 1 or bool(zips) == bool(pictures):
        raise BadInput(
            "upload: expected one file, or pictures and a table that names them, or one zip of pictures and a table, "
            f"found {len(files):,} files ({', '.join(sorted(odd or names)[:3])}); put the rest away"[:400]
        )
    if twice := next((name for name, times in Counter(map(key, names)).items() if times > 1), None):
        raise BadInput(f"upload: expected every name once, found {twice[:80]!r} twice")
    places = [Path(place).resolve() for _, place in files]
    if any(not place.is_relative_to(held) or not place.is_file() for place in places):
        raise BadInput("upload: expected files that lie on the server's disk, found one gone; upload it again")
    told = sorted(f"{place.parent.name} {name}" for name, place in zip(names, places, strict=True))
    first = next((name for name, kind in zip(names, kinds, strict=True) if kind == ".zip"), "pictures")
    target = held / hashlib.sha256("\n".join(told).encode()).hexdigest()[:16] / _stem(first)
    if not target.is_dir():
        target.parent.mkdir(exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=target.parent, prefix=".coming-"))
        for name, place in zip(names, places, strict=True):
            os.link(place, made / name)
        try:
            made.rename(target)
        except OSError:  # another page gathered the same
            shutil.rmtree(made)
            if not target.is_dir():
                raise
    return target


def _bare(name: str) -> str:
    """A file's name as its sender gave it, without folders. Raises BadInput for one that cannot be shown."""
    bare = PurePath(name.replace("\\", "/")).name
    if not bare or hidden(bare) or strange(bare) or len(bare.encode()) > LONGEST:
        raise BadInput(f"upload: expected a printable name of at most {LONGEST} bytes, found {bare[:80]!r}")
    return bare


def _stem(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", PurePath(name).stem).strip("-")[:60] or "upload"


def tidy(root: Path, needed: Set[Path]) -> None:
    """Remove the uploads that nobody needs and that were last needed more than RESTS seconds ago."""
    now, held = time.time(), root / "uploads"
    files = _files(held)
    for file in files:
        if file in needed or not needed.isdisjoint(file.parents):
            os.utime(file)
    for file in files:
        if now - file.stat().st_mtime > RESTS:
            file.unlink(missing_ok=True)
            for folder in file.parents:
                if folder == held or any(folder.iterdir()):
                    break
                folder.rmdir()


def _room(folder: Path) -> int:
    """Bytes that another upload may take."""
    found = {(told.st_dev, told.st_ino): told.st_size for told in map(Path.stat, _files(folder))}
    lying = sum(found.values())  # what was gathered is there once under two names
    return max(0, min(MOST - lying, shutil.disk_usage(folder).free - SPARE))


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.glob("**/*") if file.is_file() and not file.is_symlink()]
