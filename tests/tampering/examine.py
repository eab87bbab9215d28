"""Verification as an auditor runs it, on a workspace that nobody has open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from workbench.cli.app import app


def examined(root: Path) -> dict[str, Any]:
    """What `workbench audit verify --json` says of the workspace at `root`."""
    result = CliRunner().invoke(app, ["audit", "verify", "--workspace", str(root), "--json"])
    said = json.loads(result.stdout.strip().splitlines()[-1])
    assert result.exit_code == (0 if not said["findings"] else 1), result.output
    return said
