"""A zip file of class folders; it is read in place and never unpacked."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from pathlib import Path, PurePosixPath

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from ..pixels.kinds import SUFFIXES
from ..source import Encoded, Glimpse, Source, check_bytes
from ..spec import Spec
from .image_folder import from_names, nameless

MAX_MEMBERS = 2_000_000
MAX_MEMBER_BYTES = 256 * 2**20


def accepts(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".zip"


def look(path: Path) -> Glimpse:
    _, pictures, _ = _members(path)
    source = from_names(_without_wrapper([m.filename for m in pictures]), [], 0, **nameless(path))
    return Glimpse(source.frame, len(pictures), None, source.label, source.split)


def read(path: Path, spec: Spec) -> Source:
    """As an image folder; a single folder around everything is ignored."""
    archive, pictures, others = _members(path)
    sha256, size = digest_file(path)
    return from_names(
        _without_wrapper([m.filename for m in pictures]),
        [Encoded(f"{path.name}/{m.filename}", partial(_open, archive, m)) for m in pictures],
        left_out=others,
        kind="zip_folder",
        name=path.name,
        bytes=size,
        sha256=sha256,
    )


def _members(path: Path) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo], int]:
    """(the archive, its images by name, how many other files it holds), after their names and sizes were checked."""
    try:
        archive = zipfile.ZipFile(path)
        members = [m for m in archive.infolist() if not m.is_dir() and not _hidden(m.filename)]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadInput(f"{path.name}: expected a zip file, found {error}"[:300]) from None
    if len(members) > MAX_MEMBERS:
        raise BadInput(f"{path.name}: expected at most {MAX_MEMBERS:,} files, found {len(members):,}")
    pictures = sorted((m for m in members if m.filename.lower().endswith(SUFFIXES)), key=lambda m: m.filename)
    for member in pictures:
        name = PurePosixPath(member.filename)
        if name.is_absolute() or ".." in name.parts or "\\" in member.filename:
            raise BadInput(f"{path.name}: expected paths below the archive, found {member.filename[:120]!r}")
    check_bytes(sum(m.file_size for m in pictures), path.name)
    return archive, pictures, len(members) - len(pictures)


def _open(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> io.BytesIO:
    """A member's bytes, at most MAX_MEMBER_BYTES of them whatever its header claims."""
    try:
        with archive.open(member) as file:
            payload = file.read(MAX_MEMBER_BYTES + 1)
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError, NotImplementedError) as error:
        raise BadInput(f"{member.filename}: expected a readable zip member, found {error}"[:300]) from None
    if len(payload) > MAX_MEMBER_BYTES:
        raise BadInput(f"{member.filename}: expected at most {MAX_MEMBER_BYTES:,} bytes, found more")
    return io.BytesIO(payload)


def _without_wrapper(names: list[str]) -> list[str]:
    heads = {n.split("/", 1)[0] for n in names}
    wrapped = len(heads) == 1 and all(n.count("/") >= 2 for n in names)
    return [n.split("/", 1)[1] for n in names] if wrapped else names


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in PurePosixPath(name).parts)
