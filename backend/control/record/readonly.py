"""A workspace that is looked at and not touched: `audit verify` where no server owns it, and `serve --read-only`.

Nothing below the workspace is made, written or locked for writing, so that it may lie on a read-only mount. What a
killed process left in the database's write-ahead log is replayed in memory; the log stays as it is.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import duckdb

from ...workspace.artefacts import Artefact, Artefacts
from ...workspace.layout import BadInput, Workspace, given_path
from ..workspace_lock import Owned, sentence
from . import board, schema
from .reading import Reading, StoreDamaged, alarm

if TYPE_CHECKING:
    from ..service import Service

CONFIG = {
    "threads": 2,
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",  # what stands in a foreign database must reach no other file
    "temp_directory": "",  # beside the database, where nothing may be written
    "lock_configuration": "true",
}


class ReadOnly(BadInput):
    """Something was to be written into a workspace that is open for reading only."""


def refuse(root: Path) -> NoReturn:
    raise ReadOnly(f"workspace {root}: expected one that is open for writing, found it opened for reading only")


def existing(root: str | Path) -> Workspace:
    """The workspace at `root`. Raises BadInput where there is none."""
    path = given_path(root, "workspace")
    if not path.is_dir() or not any((path / name).exists() for name in ("workbench.duckdb", "token", "runs")):
        raise BadInput(f"workspace {path}: expected a workspace, found none")
    return Workspace(path)


class Beside:
    """Keeps a process from becoming the owner while somebody looks; several may look."""

    def __init__(self, workspace: Workspace):
        self._lock: int | None = None
        try:
            self._lock = os.open(workspace.root / "owner.lock", os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:  # nobody has ever owned it, or the file was not copied
            return
        except BlockingIOError:
            self.close()
            raise Owned(sentence(workspace)) from None

    def announce(self, port: int | None) -> None:
        """Nothing is said: no command could use a server that writes nothing."""

    def close(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class Looking(Reading):
    """The database at `path` as it was left. Raises StoreDamaged where it cannot be read or is not there, ForeignObject
    where it holds what no version of this program makes.
    """

    read_only = True
    alarm: str | None = None

    def __init__(self, path: Path):
        self.path = Path(path)
        if not self.path.exists():
            raise StoreDamaged(f"ALARM {self.path}: expected the database of this workspace, found none")
        try:
            self._reader = duckdb.connect(str(self.path), read_only=True, config=CONFIG)
            self.form = schema.form(self._reader)
            (self.size,) = self._reader.execute("SELECT count(*) FROM ledger").fetchone()
            self.board = board.read(self.rows)
        except (duckdb.Error, UnicodeDecodeError, StoreDamaged) as error:
            if "_reader" in vars(self):
                self._reader.close()
            raise error if isinstance(error, StoreDamaged) else StoreDamaged(alarm(self.path, error)) from None

    def write(self, change: Callable[..., Any]) -> NoReturn:
        refuse(self.path.parent)

    def compact(self) -> None:
        """Nothing to move: nothing is written."""

    def close(self) -> None:
        self._reader.close()


def look(root: str | Path) -> Service:
    """A service that looks at the workspace at `root`. Raises BadInput where there is none, Owned while somebody has it
    open for writing, StoreDamaged where its database cannot be read.
    """
    from ..service import Service

    workspace = existing(root)
    beside = Beside(workspace)
    try:
        return Service(workspace, Looking(workspace.database), beside)
    except BaseException:
        beside.close()
        raise


class KeptArtefacts(Artefacts):
    """Artefacts to read alone."""

    def _adopt(self, role: str, kind: str, write: Callable[[Path], Any]) -> Artefact:
        refuse(self.root.parent)
