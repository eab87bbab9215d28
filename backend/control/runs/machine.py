"""What is at work where, what waits, and how much memory and disk there is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from ...workspace.heartbeat import read_heartbeat
from ...workspace.layout import Workspace
from ...workspace.memory import held, machine
from ..record.store import Store
from . import runs
from .devices import DATA
from .memory_limits import MemoryLimits


class Machine:
    def __init__(self, store: Store, workspace: Workspace, devices: Sequence[str], limits: MemoryLimits):
        self._store, self._workspace, self._devices, self._limits = store, workspace, devices, limits

    def state(self) -> dict[str, Any]:
        """{"devices": [{name, run or None}], "queue": [run], "memory": {total, available, limits {kind: bytes}, held
        {run: bytes}}, "disk": {total, free}}, sizes in bytes.

        devices: the slot "data" for registrations last; queue: oldest first, which is the order in which they start.
        """
        at_work = {run["slot"]: run["run"] for run in runs.in_states(self._store, "running") if run["slot"]}
        waiting = [run["run"] for run in runs.in_states(self._store, "queued", "lost")]
        disk = shutil.disk_usage(self._workspace.root)
        limits = {kind: self._limits.of(kind, len(self._devices)) for kind in ("run", "data")}
        return {
            "devices": [{"name": slot, "run": at_work.get(slot)} for slot in (*self._devices, DATA)],
            "queue": waiting,
            "memory": {
                "total": machine(),
                "available": min(psutil.virtual_memory().available, machine()),
                "limits": limits,
                "held": {run: size for run in at_work.values() if (size := self._held(run)) is not None},
            },
            "disk": {"total": disk.total, "free": disk.free},
        }

    def size(self) -> int:
        """Bytes of all files of the workspace, looked up one by one."""
        return size_of(self._workspace.root)

    def _held(self, run: str) -> int | None:
        """Bytes that a run's worker holds; None where it is gone, or has not begun."""
        beat = read_heartbeat(self._workspace.run(run).heartbeat)
        return held(beat["pid"]) or None if beat else None


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; links are not followed, and what goes away meanwhile counts nothing."""
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except FileNotFoundError:
                continue
    return total
