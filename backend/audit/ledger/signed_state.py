"""What was signed last, kept beside the key that signs, so that whoever holds everything but the key's folder can
neither put an older state back nor let the signer begin anew.

    KEY.signed   the newest checkpoint: a signed note, durable before the signature is let go
    KEY.sealed   the newest commit: a seal as a note, written after every commit and not fsynced, so that a power cut
                 may leave an older one, never a newer

They lie in the key's folder; where that cannot be written, in the workspace. Both places are read.
"""

from __future__ import annotations

import os
from pathlib import Path

from ...workspace.layout import write_atomic
from .checkpoints import LARGEST, Signed, from_text
from .keys import FILE, LedgerKey
from .notes import Note
from .seals import read_note

ROOM = 512  # bytes of the file that is written in place, padded with spaces: a single block


class SignedState:
    def __init__(self, key: LedgerKey, root: Path):
        self._places = list(dict.fromkeys([key.path, Path(root) / FILE]))
        self._file: int | None = None

    def signed(self) -> list[Signed]:
        """The newest checkpoint as it was kept, from every place that has one."""
        return [from_text(path.name, raw) for path, raw in self._read(".signed")]

    def sealed(self) -> list[Signed]:
        """The newest commit as it was kept, from every place that has one."""
        return [read_note(path.name, raw) for path, raw in self._read(".sealed")]

    def sign(self, note: Note) -> None:
        """Keep a checkpoint, durably. Raises OSError."""
        write_atomic(self._path(".signed"), str(note).encode(), mode=0o600)

    def seal(self, note: str) -> None:
        """Keep a commit, in place. Raises OSError."""
        if self._file is None:
            self._file = os.open(self._path(".sealed"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.pwrite(self._file, note.encode().ljust(ROOM), 0)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _path(self, ending: str) -> Path:
        folder = next((path for path in self._places if os.access(path.parent, os.W_OK)), self._places[-1])
        return folder.with_name(folder.name + ending)

    def _read(self, ending: str) -> list[tuple[Path, bytes]]:
        found = []
        for place in self._places:
            path = place.with_name(place.name + ending)
            try:
                with open(path, "rb") as file:
                    found.append((path, file.read(LARGEST)))
            except OSError:
                continue
        return found
