"""SSL Workbench. From Python:

    from workbench import connect
    with connect("workspace") as workbench:
        print(workbench.runs())

docs/python.md has a worked example. What is wrong raises `workbench.Refused`, with one line that says what.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .notebook import Workbench

__all__ = ["Refused", "connect"]


def connect(workspace: str | Path, token: str | None = None, *, create: bool = False) -> Workbench:
    """A workspace, for a notebook or a script.

    workspace: its folder, or the address of a server ("http://127.0.0.1:8501"). Of a folder, the server or the command
    that is at work on it is asked; where there is none, this process looks after it until it ends. token: of a user,
    for a server with accounts, else that in WORKBENCH_TOKEN. create: make the folder where it is missing.

    Raises Refused where there is no workspace, or nobody answers.
    """
    from .notebook import open_workbench

    return open_workbench(workspace, token, create)


def __getattr__(name: str) -> Any:
    if name == "Refused":  # not at the top: `import workbench` takes no time
        from .notebook import Refused

        return Refused
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")
