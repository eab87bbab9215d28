"""How much memory work may take: the table [memory] of settings.toml, in GiB.

    [memory]
    runs = 20       each training run, and the warm worker
    data = 8        registering data
    look = 2        the first look at a source, before it is registered

Without it: 80 % of the machine for runs, shared by the devices; half of it, at most 32 GiB, for registering data; a
quarter, at most 2 GiB, for a look. A control group's limit counts as the machine's memory.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from ...workspace.memory import GIB, in_gib, machine
from ...workspace.settings import Strict, table

LEAST = 0.25  # GiB in which the libraries themselves fit


class MemoryLimits(Strict):
    runs: float | None = Field(None, ge=LEAST, allow_inf_nan=False)
    data: float | None = Field(None, ge=LEAST, allow_inf_nan=False)
    look: float | None = Field(None, ge=LEAST, allow_inf_nan=False)

    def of(self, kind: str, devices: int = 1) -> int:
        """Bytes for a run of this kind ("run", "interactive", "data") or a "look"."""
        all_of_it = machine()
        if kind == "data":
            return int(self.data * GIB) if self.data else min(all_of_it // 2, 32 * GIB)
        if kind == "look":
            return int(self.look * GIB) if self.look else min(all_of_it // 4, 2 * GIB)
        return int(self.runs * GIB) if self.runs else all_of_it * 8 // 10 // max(1, devices)


def memory_limits(root: Path) -> MemoryLimits:
    """What [memory] of the workspace at `root` says. Raises BadInput."""
    return table(root, "memory", MemoryLimits)


def reached(kind: str, limit: int) -> str:
    """Why a worker was ended."""
    key = "data" if kind == "data" else "runs"
    return f"memory limit of {in_gib(limit)} reached; settings.toml sets it: [memory] {key} = GiB"
