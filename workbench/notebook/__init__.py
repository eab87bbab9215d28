"""The workbench from Python: what the pages have, as frames, arrays and figures (docs/python.md).

reaching.py   over HTTP, over a command's socket, or in this process
workbench.py  Workbench: data sets, runs, artefacts
run.py        Run: one run
frames.py     events -> frames, pure
mlflow.py     a run as MLflow takes it
"""

from __future__ import annotations

from pathlib import Path

from backend.workspace.layout import BadInput

from .run import Run
from .workbench import Dataset, Workbench

__all__ = ["Dataset", "Refused", "Run", "Workbench", "open_workbench"]

# Whatever is refused, here or by a server: one exception, whose text is one line
Refused = BadInput


def open_workbench(workspace: str | Path, token: str | None = None, create: bool = False) -> Workbench:
    from .reaching import Reaching

    return Workbench(Reaching(workspace, token, create))
