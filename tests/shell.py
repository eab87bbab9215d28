"""The shell's commands, called in the test's own process on a workspace that knows the tiny data set."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.control.service import Service
from tests.conftest import make_dataset, registered
from workbench.cli import app
from workbench.recipes import to_toml


def on_bars(
    folder: Path, recipe: dict[str, Any], patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """call("runs", "list") -> (exit code, stdout, stderr), in a folder with a workspace and bars.toml beside it."""
    service = Service.open(folder / "ws", start_supervisor=False)
    registered(service.store, make_dataset(service.artefacts).manifest)
    service.close()
    (folder / "bars.toml").write_text(to_toml(recipe))
    patch.chdir(folder)

    def call(*words: str) -> tuple[int, str, str]:
        patch.setattr(sys, "argv", ["workbench", *words, "--workspace", "ws"])
        try:
            app.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        return (code, *capsys.readouterr())

    return call
