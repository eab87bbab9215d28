"""What every command of the shell shares: its options, its last line, its hold on the workspace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from .connecting import Reached, view

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", help="Folder of the workspace", envvar="WORKBENCH_WORKSPACE")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object last")]
HERE = Path("workspace")


def say(result: dict[str, Any] | list[Any], as_json: bool) -> None:
    """The machine-readable last line."""
    if as_json:
        print(json.dumps(result if isinstance(result, dict) else {"items": result}, default=str), flush=True)


@contextmanager
def connected(workspace: Path, looks: bool = False) -> Iterator[Any]:
    """The workspace's service, wherever it is; closed at the end. `looks`: the command only reads."""
    service = Reached(workspace, looks)
    try:
        yield service
    finally:
        service.close()


@contextmanager
def looking(workspace: Path) -> Iterator[Any]:
    """The workspace's service, wherever it is, and where nobody owns it one that writes nothing; closed at the end."""
    service = view(workspace)
    try:
        yield service
    finally:
        service.close()


def ended(result: dict[str, Any]) -> int:
    """The exit code of a command that waited for a run."""
    return 130 if result["left"] else 0 if result["state"] == "succeeded" else 1
