"""A launcher starts workers and knows of them by four verbs. One file, one launcher; configuration alone chooses.

WORKBENCH_LAUNCHER=local     a process of this machine (the default)
WORKBENCH_LAUNCHER=ray       a job on an existing Ray cluster
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from dataclasses import dataclass
from typing import Any, Protocol

from ....workspace.layout import BadInput, RunFolder


@dataclass(frozen=True)
class Status:
    alive: bool
    code: int | None = None  # the exit code (negative: the signal) where it is known


class Launcher(Protocol):
    def submit(self, folder: RunFolder, slot: str) -> dict[str, Any]:
        """Start the worker of `folder` on `slot`; returns a handle (JSON) that outlives this process."""

    def poll(self, folder: RunFolder, handle: dict[str, Any]) -> Status: ...

    def cancel(self, folder: RunFolder, handle: dict[str, Any], force: bool = False) -> None:
        """Ask the worker to stop (SIGTERM), or with `force` end it (SIGKILL), with all that it started."""

    def logs(self, folder: RunFolder, handle: dict[str, Any], tail: int) -> str: ...


def launcher(name: str | None = None) -> Launcher:
    """The launcher called `name`, or the one that WORKBENCH_LAUNCHER names."""
    name = name or os.environ.get("WORKBENCH_LAUNCHER", "local")
    known = sorted(m.name for m in pkgutil.iter_modules(__path__))
    if name not in known:
        raise BadInput(f"WORKBENCH_LAUNCHER: expected one of {', '.join(known)}, found {name!r}")
    return importlib.import_module(f"{__name__}.{name}").create()
