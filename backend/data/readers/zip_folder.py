"""A zip file of class folders; it is read in place and never unpacked."""

from __future__ import annotations

import io
import stat
import tempfile
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import pandas as pd

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from ..cleaning import MAX_OTHER
from ..conventions import names
from ..conventions.left_out import SYSTEM, LeftOut, shown
from ..conventions.told import Told
from ..pixels.kinds import HEAD
from ..source import LOOK_ROWS, Encoded, Glimpse, Source, check_bytes
from ..spec import Spec
from . import _side_table, _tables
from ._described import Described, described
from ._sorting import sort

TOLD = True  # it can be told how a table beside the images is written
MAX_MEMBERS = 2_000_000
MAX_MEMBER_BYTES = 256 * 2**20
LOOK_HEADS = 1_000  # members of unknown endings that are opened when an archive is only looked at
UTF8_NAME = 0x800  # the flag of a name that is UTF-8


@dataclass(frozen=True)
class Archive:
    """An open zip file. members: {name: the entry}, without hidden ones, whose names `hidden` are."""

    path: Path
    file: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]
    hidden: list[str]


def accepts(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".zip"


def look(path: Path, told: Told = _tables.AS_FOUND) -> Glimpse:
    _, made = _described(path, LOOK_HEADS, told, [], [])
    return Glimpse(made.frame.head(LOOK_ROWS), len(made.frame), **made.roles())


def read(path: Path, spec: Spec) -> Source:
    """As an image folder."""
    notes: list[str] = []
    how: list[str] = []
    archive, made = _described(path, None, spec.told, notes, how)
    inside = made.frame["path"].tolist()
    check_bytes(sum(archive.members[n].file_size for n in inside), path.name)
    sha256, size = digest_file(path)
    return Source(
        kind="zip_folder",
        name=path.name,
        bytes=size,
        sha256=sha256,
        frame=made.frame,
        images=[Encoded(f"{path.name}/{n}", partial(_open, archive, n)) for n in inside],
        **made.roles(),
        notes=notes + made.notes,
        how=how,
        left_out=[*made.left_out, LeftOut(archive.hidden, *SYSTEM, quiet=True)],
    )


def _described(
    path: Path, heads: int | None, told: Told, notes: list[str], how: list[str]
) -> tuple[Archive, Described]:
    archive = _archive(path)
    found = sort(archive.members, partial(_head, archive), heads)
    return archive, described(found, path, partial(_table, archive, told, notes, how))


def _archive(path: Path) -> Archive:
    """The archive after the names of its entries were checked."""
    try:
        file = zipfile.ZipFile(path)
        entries = [m for m in file.infolist() if not m.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadInput(f"{path.name}: expected a zip file, found {error}"[:300]) from None
    if len(entries) > MAX_MEMBERS:
        raise BadInput(f"{path.name}: expected at most {MAX_MEMBERS:,} files, found {len(entries):,}")
    members: dict[str, zipfile.ZipInfo] = {}
    hidden = []
    for entry in entries:
        name = _name(entry).replace("\\", "/")  # as some Windows programs write
        parts = PurePosixPath(name).parts
        if PurePosixPath(name).is_absolute() or ".." in parts or name[1:2] == ":":
            raise BadInput(f"{path.name}: expected paths below the archive, found {shown(name)!r}")
        if any(names.hidden(part) for part in parts):
            hidden.append(name)
            continue
        if names.strange(name):
            raise BadInput(f"{path.name}: expected names of files in printable UTF-8, found {shown(name)!r}")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise BadInput(f"{path.name}: expected files, found the link {shown(name)!r}; put what it leads to there")
        if name in members:
            raise BadInput(f"{path.name}: expected every name once, found {shown(name)!r} twice")
        members[name] = entry
    return Archive(path, file, members, hidden)


def _name(entry: zipfile.ZipInfo) -> str:
    """The entry's name: UTF-8 where it is, though the archive does not say so (as those that Finder writes)."""
    if entry.flag_bits & UTF8_NAME:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _open(archive: Archive, name: str) -> io.BytesIO:
    """A member's bytes, at most MAX_MEMBER_BYTES of them whatever its header claims."""
    return io.BytesIO(_bytes(archive, name, MAX_MEMBER_BYTES, whole=True))


def _head(archive: Archive, name: str) -> bytes:
    return _bytes(archive, name, HEAD, whole=False)


def _table(archive: Archive, told: Told, notes: list[str], how: list[str], name: str) -> pd.DataFrame:
    """A table of the archive: it lies in a file of its own while it is read."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / PurePosixPath(name).name
        file.write_bytes(_bytes(archive, name, MAX_OTHER, whole=True))
        return _side_table.read(file, f"{archive.path.name}/{name}", notes, told, how)


def _bytes(archive: Archive, name: str, most: int, whole: bool) -> bytes:
    """At most `most` bytes of a member; with `whole`, BadInput for one that has more."""
    where = f"{archive.path.name}/{name}"
    try:
        with archive.file.open(archive.members[name]) as file:
            payload = file.read(most + 1 if whole else most)
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError, NotImplementedError) as error:
        raise BadInput(f"{where}: expected a readable zip member, found {error}"[:300]) from None
    if whole and len(payload) > most:
        raise BadInput(f"{where}: expected at most {most:,} bytes, found more")
    return payload
