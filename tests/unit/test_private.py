"""A workspace is its owner's alone: modes of what the server, the commands and the workers write."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from backend.audit.ledger.bundle import _entry
from backend.control.service import Service
from backend.data.uploads import keep
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import Workspace, write_atomic

ROOT = Path(__file__).parents[2]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def wide(root: Path) -> dict[str, str]:
    """What below `root`, it included, others have a right to."""
    return {str(p): f"{mode(p):o}" for p in [root, *root.rglob("*")] if not p.is_socket() and mode(p) & 0o077}


@pytest.fixture
def open_umask():
    """A person whose shell lets everybody read what they make."""
    before = os.umask(0)
    yield
    os.umask(before)


def started(*words: str, **kwargs) -> subprocess.CompletedProcess:
    """A program of the workbench, started from a shell with umask 0."""
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, umask=0, cwd=ROOT, capture_output=True, text=True, timeout=300, **kwargs)


def test_a_command_leaves_nothing_that_others_can_read(tmp_path):
    told = started("workbench.cli", "data", "list", "--workspace", str(tmp_path / "new" / "ws"))
    assert (told.returncode, told.stderr) == (0, "")
    assert (tmp_path / "new" / "ws" / "workbench.duckdb").is_file()
    assert wide(tmp_path / "new") == {}


@pytest.mark.slow
def test_a_worker_leaves_nothing_that_others_can_read(tmp_path):
    folder = Workspace.open(tmp_path / "ws").run("data-1")
    for made in (folder.path, folder.workspace.artefacts, folder.workspace.runs):
        made.mkdir(exist_ok=True)
        made.chmod(0o700)
    spec = {"name": "digits", "builtin": "digits", "params": {}}
    write_atomic(folder.job, json.dumps({"run": "data-1", "kind": "data", "spec": spec, "attempt": 0}).encode())
    told = started("backend.worker", str(folder.path))
    assert told.returncode == 0, told.stderr
    assert "data.registered" in folder.events.read_text()
    assert wide(folder.workspace.root) == {}


@pytest.mark.parametrize("module", ["backend/interactive.py", "backend/worker.py"])
def test_both_programs_that_work_begin_privately(module):
    assert 'if __name__ == "__main__":\n    keep_private()\n' in (ROOT / module).read_text()


@pytest.mark.usefixtures("open_umask")
def test_files_are_private_whoever_opens_the_workspace(tmp_path):
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    root, artefacts = service.workspace.root, Artefacts(service.workspace.artefacts)
    artefacts.put_json("a", {"a": 1})
    artefacts.put_arrays("b", {"b": np.zeros(3)})
    artefacts.put_table("c", pa.table({"c": [1]}))
    artefacts.put_batches("d", pa.schema([("c", pa.int64())]), [pa.table({"c": [2]})])
    upload = keep(root, "a.csv", b"a,b\n")
    service.close()
    assert mode(root) == 0o700
    files = [upload, *(p for p in root.rglob("*") if p.is_file() and p.parent.parent == artefacts.root)]
    assert {mode(p) for p in files} == {0o600}
    assert len(files) == 5


def test_an_older_workspace_is_narrowed_and_that_is_said_once(tmp_path, capsys):
    root = tmp_path / "ws"
    Workspace.open(root)
    for before in (0o755, 0o2770, 0o701):
        root.chmod(before)
        Workspace.open(root)
        assert mode(root) & 0o777 == 0o700
        said = capsys.readouterr().err
        assert (said.count("\n"), f"found {before:o}" in said) == (1, True)
        Workspace.open(root)
        assert capsys.readouterr().err == ""


def test_another_owners_folder_is_left_and_that_is_said(tmp_path, capsys, monkeypatch):
    root = tmp_path / "ws"
    Workspace.open(root)
    root.chmod(0o750)
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    Workspace.open(root)
    assert mode(root) == 0o750
    assert "another owner" in capsys.readouterr().err


def test_what_an_auditor_unpacks_they_can_read():
    assert _entry("manifest.note").external_attr >> 16 == 0o644
