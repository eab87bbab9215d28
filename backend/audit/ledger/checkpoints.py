"""Signed checkpoints in a folder outside the database: FOLDER/LOG/000000001234.note, one for each size signed.

LOG is the last part of the origin, so that workspaces may share a folder. A file is written whole or not at all, and
never written again: what was signed stays.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...workspace.layout import BadInput, given_path, write_atomic
from .notes import BadNote, Checkpoint, Note, parse_note

VARIABLE = "WORKBENCH_CHECKPOINTS"
LARGEST = 65_536  # bytes of a file that is read at all


@dataclass(frozen=True)
class Signed:
    """A checkpoint as it was found: `note` is None where the file holds none."""

    source: str  # file name, or where else it comes from
    checkpoint: Checkpoint | None
    note: Note | None
    problem: str = ""


class Checkpoints:
    def __init__(self, root: Path, environment: Mapping[str, str] = os.environ):
        named = environment.get(VARIABLE)
        self.shared = bool(named)
        self.folder = given_path(named, VARIABLE) if named else Path(root) / "checkpoints"

    def path(self, checkpoint: Checkpoint) -> Path:
        return self.folder / _log(checkpoint.origin) / f"{checkpoint.size:012d}.note"

    def write(self, note: Note) -> Path:
        """Keep a signed checkpoint. Raises BadInput where the folder takes none, or has another of this size."""
        checkpoint = Checkpoint.parse(note.text)
        path = self.path(checkpoint)
        try:
            if path.exists():
                if parse_note(path.read_bytes()).text != note.text:
                    raise BadInput(f"{path}: expected the checkpoint that is to be signed, found another of this size")
                return path
            write_atomic(path, str(note).encode())
        except (OSError, BadNote) as error:
            raise BadInput(f"{path}: expected a checkpoint to be kept, found: {error}") from None
        return path

    def read(self, origin: str | None, beyond: int = -1) -> list[Signed]:
        """All of this log by size (of any log where no origin is known and the folder is the workspace's own).

        beyond: only those whose name says that they cover more leaves.
        """
        return [_read(path) for path in self.paths(origin) if path.stem > f"{beyond:012d}" or beyond < 0]

    def paths(self, origin: str | None, ending: str = ".note") -> list[Path]:
        """The files of this log (as in `read`) with this ending, by size."""
        if origin is not None:
            files = (self.folder / _log(origin)).glob(f"*{ending}")
        else:
            files = [] if self.shared else self.folder.glob(f"*/*{ending}")
        return sorted(files, key=lambda path: path.name)

    def newest(self, origin: str) -> Signed | None:
        """The checkpoint with the largest size."""
        files = self.paths(origin)
        return _read(files[-1]) if files else None


def from_text(source: str, text: str | bytes) -> Signed:
    try:
        note = parse_note(text)
        return Signed(source, Checkpoint.parse(note.text), note)
    except BadNote as error:
        return Signed(source, None, None, str(error))


def written_at(path: Path) -> str:
    """When a file was written, RFC 3339, UTC."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _read(path: Path) -> Signed:
    try:
        with open(path, "rb") as file:
            return from_text(path.name, file.read(LARGEST))
    except OSError as error:
        return Signed(path.name, None, None, f"cannot be read: {error.strerror}")


def _log(origin: str) -> str:
    """A folder's name for a log. Origins that come from elsewhere are no paths."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in origin.rsplit("/", 1)[-1])[:80] or "_"
