"""Where things lie in a workspace. Both sides of the process boundary agree on this file.

The folder has mode 0700, files in it 0600 (private.py).

WORKSPACE/
  workbench.duckdb            opened by the server (or the owning CLI) alone
  token                       API token
  ledger.key                  the key that signs checkpoints (unless it is kept elsewhere)
  checkpoints/LOG/SIZE.note   signed states of the ledger, outside the database (unless kept elsewhere)
  owner.json                  pid, start time, port or socket of the process that owns the database
  owner.sock                  where another command answers while it owns the database, mode 0600
  owner.lock                  held by that process while it lives
  artefacts/ab/abcdef...EXT   content-addressed files, named by their SHA-256
  runs/RUN/job.json           what to do (written before the worker starts)
  runs/RUN/events.jsonl       what happened (appended by the worker alone)
  runs/RUN/heartbeat.json     pid, start time, stage, progress (replaced every second)
  runs/RUN/worker.lock        held by the worker while it lives
  runs/RUN/log.txt            stdout and stderr of the worker
  runs/RUN/checkpoints/       resumable training state, dropped when the run ends
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .private import narrow

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class BadInput(ValueError):
    """Wrong usage or input: one line that says what, where, expected and found.

    It stays one line that a terminal can show, whatever a file, a column or a key is called.
    """

    def __str__(self) -> str:
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in super().__str__())


def given_path(text: str | Path, what: str = "path") -> Path:
    """The absolute path that a person meant. Raises BadInput for what can be no path; it need not exist."""
    try:
        if not str(text).strip():
            raise ValueError("nothing")
        path = Path(text).expanduser().resolve()
        os.fsencode(path)
        path.exists()  # raises at a name that is too long
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadInput(f"{what}: expected a path, found {str(text)[:120]!r} ({reason})") from None
    return path


def check_name(name: str, what: str = "name") -> str:
    """Return `name` if it is safe as a file name and readable in a URL, else raise BadInput."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadInput(
            f"{what}: expected 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit, "
            f"found {name!r}"
        )
    return name


def write_atomic(path: Path, payload: bytes, mode: int = 0o600) -> None:
    """Write `payload` so that a reader sees the old file or the whole new one, and it survives a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(payload)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True)
class Workspace:
    root: Path

    @classmethod
    def open(cls, root: str | Path) -> Workspace:
        """Open the workspace at `root`, creating its folders and its API token when they are missing.

        Raises BadInput when `root` is no folder or cannot be written.
        """
        workspace = cls(given_path(root, "workspace"))
        try:
            workspace.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            narrow(workspace.root)
            workspace.artefacts.mkdir(parents=True, exist_ok=True)
            workspace.runs.mkdir(parents=True, exist_ok=True)
            if not workspace.token_file.exists():
                write_atomic(workspace.token_file, secrets.token_urlsafe(32).encode(), mode=0o600)
            if not os.access(workspace.root, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise BadInput(
                f"workspace {workspace.root}: expected a folder that can be written, found: {error.strerror}"
            ) from None
        return workspace

    @property
    def database(self) -> Path:
        return self.root / "workbench.duckdb"

    @property
    def token_file(self) -> Path:
        return self.root / "token"

    @property
    def token(self) -> str:
        return self.token_file.read_text().strip()

    @property
    def owner_file(self) -> Path:
        return self.root / "owner.json"

    @property
    def artefacts(self) -> Path:
        return self.root / "artefacts"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    def run(self, run: str) -> RunFolder:
        return RunFolder(self.runs / check_name(run, "run"))


@dataclass(frozen=True)
class RunFolder:
    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.path.parent.parent)

    @property
    def job(self) -> Path:
        return self.path / "job.json"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def heartbeat(self) -> Path:
        return self.path / "heartbeat.json"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"
