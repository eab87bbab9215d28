"""A run's model leaves as a folder or a zip, and the ledger knows of it: for the shell, the pages and Python."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import backend
from backend.workspace.layout import BadInput, given_path

from ..verdicts import export as words
from ..verdicts.run import sentences

SOURCE = Path(backend.__file__).parent.parent
CARD, SUMS = "README.md", "SHA256SUMS"
RECORDED = ("what", "seed", "modality", "method", "fraction", "model_type", "architecture", "parameters", "dim",
            "length", "weights", "difference")  # fmt: skip
_one = Lock()  # a model is written by a process of its own, which takes a core and the data in memory


def export_model(service: Any, run: str, output: Path, **asked: Any) -> dict[str, Any]:
    """Write the folder whole or not at all and log the export; returns what was written, with the folder's path.

    asked: what, method, seed, features (backend/leaving/__main__.py). Raises BadInput with one line.
    """
    found, target = service.run(run), given_path(output, "-o")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInput(f"-o {target}: expected a new or an empty folder, found something there")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"-o {target}: expected a folder that can be written, found {error.strerror}") from None
    with _made(service, found, target.parent, asked) as (half, told):
        half.rename(target)
    service.keep_export(found["run"], recorded(told))
    return {**told, "run": found["run"], "path": str(target)}


def export_zip(service: Any, run: str, output: Path, **asked: Any) -> dict[str, Any]:
    """The same as one zip file, which holds a folder of the run's name."""
    found, target = service.run(run), given_path(output, "-o")
    with _made(service, found, target.parent, asked) as (half, told):
        held = half / ".zip"
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in sorted(told["files"]):
                packed.write(half / name, f"{folder_name(found)}/{name}")
        held.chmod(0o600)
        held.rename(target)
    service.keep_export(found["run"], recorded(told))
    return {**told, "run": found["run"], "path": str(target)}


def folder_name(run: dict[str, Any]) -> str:
    return f"{run['run']}-model"


def recorded(told: dict[str, Any]) -> dict[str, Any]:
    """The body of the event `export`."""
    refit, onnx = told.get("refit") or {}, told.get("onnx") or {}
    return {
        **{key: told[key] for key in RECORDED if key in told},
        "sealed": refit.get("sealed"),
        "onnx": onnx.get("difference") if onnx.get("file") else None,
        "files": told["files"],
    }


@contextmanager
def _made(service: Any, run: dict[str, Any], beside: Path, asked: dict[str, Any]) -> Iterator[tuple[Path, dict]]:
    """(a folder that holds the model, what was written there); it vanishes unless it is renamed."""
    try:
        half = Path(tempfile.mkdtemp(dir=beside, prefix=".export-"))
    except OSError as error:
        raise BadInput(f"-o {beside}: expected a folder that can be written, found {error.strerror}") from None
    try:
        with _one:
            told = written(service.workspace.root, run["run"], half, asked)
        _add(half, told, CARD, card(service, run, told))
        sums = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(told["files"].items()))
        _add(half, told, SUMS, sums)
        for path in half.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        yield half, told
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _add(folder: Path, told: dict[str, Any], name: str, text: str) -> None:
    payload = text.encode()
    (folder / name).write_bytes(payload)
    told["files"][name] = hashlib.sha256(payload).hexdigest()


def written(root: Path, run: str, folder: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Ask a process that may import torch for the model's files (backend/leaving); returns what it says of them."""
    command = [sys.executable, "-m", "backend.leaving", str(root), run, str(folder)]
    for name in ("what", "method", "seed"):
        command += [f"--{name}", str(asked[name])] if asked.get(name) is not None else []
    command += ["--features"] if asked.get("features") else []
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
