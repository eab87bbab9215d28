"""`workbench export`: a run's model leaves as a folder for plain Transformers, and the ledger knows of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import backend
from backend.workspace.layout import BadInput, given_path

from ..verdicts import export as words
from ..verdicts.run import sentences

SOURCE = Path(backend.__file__).parent.parent


def export_model(service: Any, run: str, output: Path, what: str, seed: int) -> dict[str, Any]:
    """Write the folder whole or not at all and log the export; returns what was written, with the folder's path."""
    found, target = service.run(run), given_path(output, "-o")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInput(f"-o {target}: expected a new or an empty folder, found something there")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=target.parent, prefix=".export-"))
    except OSError as error:
        raise BadInput(f"-o {target}: expected a folder that can be written, found {error.strerror}") from None
    try:
        told = written(service.workspace.root, found["run"], half, what, seed)
        readme = card(service, found, told).encode()
        (half / "README.md").write_bytes(readme)
        told["files"]["README.md"] = hashlib.sha256(readme).hexdigest()
        for file in half.iterdir():
            file.chmod(0o600)
        half.rename(target)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    service.keep_export(found["run"], told)
    return {**told, "run": found["run"], "path": str(target)}


def written(root: Path, run: str, folder: Path, what: str, seed: int) -> dict[str, Any]:
    """Ask a process that may import torch for the model's files (backend/export.py); returns what it says of them."""
    command = [sys.executable, "-m", "backend.export", str(root), run, str(folder), "--what", what, "--seed", str(seed)]
    offline = {**os.environ, "HF_HUB_OFFLINE": "1"}
    ended = subprocess.run(command, cwd=SOURCE, env=offline, capture_output=True, text=True)
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or ["no output"]
        raise BadInput(lines[-1])
    return json.loads(ended.stdout.strip().splitlines()[-1])


def card(service: Any, run: dict[str, Any], told: dict[str, Any]) -> str:
    given = service.latest(run["run"], "weights.read")
    manifest, verdicts = service.dataset(run["dataset"]), sentences(service, run["run"])
    if service.latest(run["run"], "collapse") is None:
        verdicts = [words.UNWATCHED, *verdicts]
    return words.card(told, run, manifest, verdicts, given and given["body"], service.verify())
