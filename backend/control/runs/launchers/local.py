"""Workers as processes of this machine, each a session of its own, so that the server's death does not touch them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import backend

from ....workspace.layout import RunFolder
from ...workspace_lock import alive, start_time
from ..devices import DATA
from . import Status

# Of a process that is held to a limit of memory: none is set aside for threads, nor by Arrow's own allocator.
SMALL = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1"}
SOURCE = Path(backend.__file__).resolve().parent.parent


class Local:
    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "backend.worker")):
        self.command = command
        self._children: dict[int, subprocess.Popen] = {}

    def submit(self, folder: RunFolder, slot: str) -> dict[str, Any]:
        folder.path.mkdir(parents=True, exist_ok=True)
        with open(folder.log, "ab") as log:
            child = subprocess.Popen(
                [*self.command, str(folder.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment(slot),
            )
        self._children[child.pid] = child
        return {"pid": child.pid, "started": start_time(child.pid)}

    def poll(self, folder: RunFolder, handle: dict[str, Any]) -> Status:
        child = self._children.get(handle["pid"])
        if child is None:
            return Status(alive(handle["pid"], handle["started"]))
        code = child.poll()  # also reaps it
        if code is None:
            return Status(True)
        del self._children[child.pid]
        return Status(False, code)

    def cancel(self, folder: RunFolder, handle: dict[str, Any], force: bool = False) -> None:
        if alive(handle["pid"], handle["started"]):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(handle["pid"], signal.SIGKILL if force else signal.SIGTERM)

    def logs(self, folder: RunFolder, handle: dict[str, Any], tail: int) -> str:
        return tail_of(folder.log, tail)


def environment(slot: str) -> dict[str, str]:
    """The worker's environment: this source first, and no device but its own."""
    kind, _, index = slot.partition(":")
    threads = os.environ.get("NUMBA_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS")
    path = os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")]))
    return {
        **os.environ,
        "PYTHONPATH": path,
        "PYTHONUNBUFFERED": "1",
        # A thread that spins at a barrier takes the core that the other one waits for when anything else runs; one that
        # sleeps at once wakes too late for the next of many small steps. So they spin for some microseconds.
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
        "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "1000"),
        # numba starts a thread for each core and tells OpenMP, and with it torch, to do the same.
        **({"NUMBA_NUM_THREADS": threads} if threads else {}),
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "CUDA_VISIBLE_DEVICES": index if kind == "cuda" else "",
        **(SMALL if kind == DATA else {}),
    }


def tail_of(path: Path, lines: int) -> str:
    """The last `lines` lines of a text file; at most its last 256 KiB are read."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, path.stat().st_size - (1 << 18)))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def create() -> Local:
    return Local()
