"""One process owns a workspace's database; this is how it says so and how others find it."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

import psutil

from ..workspace.layout import BadInput, Workspace, write_atomic


class Owned(BadInput):
    """The workspace is open in another process (or elsewhere in this one)."""


class Ownership:
    """Holds WORKSPACE/owner.lock while it lives; the kernel lets go of it when the process dies."""

    def __init__(self, workspace: Workspace, port: int | None = None, host: str = "127.0.0.1"):
        self.workspace = workspace
        self._lock = open(workspace.root / "owner.lock", "w")  # noqa: SIM115 - held until close
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise Owned(sentence(workspace)) from None
        self.announce(port, host)

    def announce(self, port: int | None, host: str = "127.0.0.1", socket: str | None = None) -> None:
        """Write owner.json: who owns the workspace, and where it answers: a port, a local socket, or nowhere (yet)."""
        me = psutil.Process()
        owner = {"pid": me.pid, "started": me.create_time(), "port": port, "host": host, "socket": socket}
        write_atomic(self.workspace.owner_file, json.dumps(owner).encode())

    def close(self) -> None:
        self.workspace.owner_file.unlink(missing_ok=True)
        self._lock.close()


def owner(workspace: Workspace) -> dict[str, Any] | None:
    """{"pid", "started", "port", "host", "socket"} of the living process that owns the workspace, or None."""
    found = _read(workspace.owner_file)
    return found if found and alive(found["pid"], found["started"]) else None


def start_time(pid: int) -> float:
    """When the process started (seconds since 1970), or 0 when it is gone already."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return 0.0


def alive(pid: int, started: float) -> bool:
    """Is this very process (pid and start time, since pids are reused) still running?"""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text())
        return {"host": "127.0.0.1", "socket": None, **found} if {"pid", "started", "port"} <= set(found) else None
    except (OSError, ValueError, TypeError):
        return None


def sentence(workspace: Workspace) -> str:
    found = owner(workspace)
    if found is None:
        return f"workspace {workspace.root}: expected to be its only user, found it open in another process"
    where = f", port {found['port']}" if found["port"] else ""
    who = "this process" if found["pid"] == os.getpid() else f"process {found['pid']}{where}"
    return f"workspace {workspace.root}: expected to be its only user, found it open in {who}"
