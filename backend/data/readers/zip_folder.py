"""A zip file of class folders, or one with tables beside it that tell of its pictures; it is read in place and never
unpacked."""

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
from ..conventions import names, side_table
from ..conventions.left_out import SYSTEM, LeftOut, shown
from ..conventions.told import Told
from ..pixels.kinds import HEAD
from ..source import LOOK_ROWS, Encoded, Glimpse, Source, check_bytes, digest_files
from ..spec import Spec
from . import _side_table, _tables
from ._described import Described, described
from ._sorting import sort

TOLD = True  # it can be told how a table beside the images is written
MAX_MEMBERS = 2_000_000
MAX_MEMBER_BYTES = 256 * 2**20
LOOK_HEADS = 1_000  # members of unknown endings that are opened when an archive is only looked at
KEYS = (*side_table.KEYS, "image", "id")  # of the names that such a column may have
UTF8_NAME = 0x800  # the flag of a name that is UTF-8


class WrongTable(BadInput):
    """A table beside a zip of pictures tells of none of them."""


@dataclass(frozen=True)
class Archive:
    """An open zip file. members: {name: the entry}, without hidden ones, whose names `hidden` are; beside: tables in
    the folder of the file."""

    path: Path
    file: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]
    hidden: list[str]
    beside: dict[str, Path]


def accepts(path: Path) -> bool:
    return _parts(path) is not None


def _parts(path: Path) -> tuple[Path, dict[str, Path]] | None:
    """(the zip file, the tables beside it) of a zip file, or of a folder that holds one, tables and nothing else."""
    if path.is_file():
        return (path, {}) if path.suffix.lower() == ".zip" else None
    found = [file for file in path.iterdir() if not names.hidden(file.name)] if path.is_dir() else []
    zips = [file for file in found if file.suffix.lower() == ".zip"]
    tables = {file.name: file for file in found if file.suffix.lower() in _tables.SUFFIXES}
    whole = len(zips) == 1 and tables and len(found) == len(tables) + 1 and all(file.is_file() for file in found)
    return (zips[0], tables) if whole else None


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
    beside = [archive.path, *archive.beside.values()]
    sha256, size = digest_files(path.resolve(), beside) if archive.beside else digest_file(path)
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
    archive = _archive(*_parts(path))
    if twice := next((name for name in archive.beside if name in archive.members), None):
        raise BadInput(f"{path.name}: expected {twice!r} in {archive.path.name} or beside it, found it twice")
    found = sort([*archive.members, *archive.beside], partial(_head, archive), heads)
    made = described(found, path, partial(_table, archive, told, notes, how))
    unused = [name for name in archive.beside if name not in made.tables]
    if unused:
        raise WrongTable(
            f"{unused[0]}: expected a column that names the pictures in {archive.path.name} ({', '.join(KEYS)}) as "
            f"{made.frame['path'].iloc[0]!r}, found none; or give each file by itself"[:400]
        )
    return archive, made


def _archive(path: Path, beside: dict[str, Path]) -> Archive:
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
    return Archive(path, file, members, hidden, beside)


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
    """A table beside the archive, or one in it, which lies in a file of its own while it is read."""
    if name in archive.beside:
        return _side_table.read(archive.beside[name], name, notes, told, how)
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
