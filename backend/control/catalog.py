"""The registries' schemas without importing torch: a subprocess lists them once per state of the source."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import backend

from ..registry import CALLABLE
from ..workspace.layout import Workspace, write_atomic

SOURCE = Path(backend.__file__).parent


def source_digest() -> str:
    """SHA-256 over the registries' files: the catalogue changes when, and only when, one of them does."""
    digest = hashlib.sha256()
    for folder in CALLABLE:
        for file in sorted((SOURCE / folder).glob("*.py")):
            digest.update(f"{folder}/{file.name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def catalogue(workspace: Workspace) -> dict[str, Any]:
    """{folder: {name: {"summary", "schema"}}}, cached in the workspace by the digest of the source.

    Raises RuntimeError with the subprocess's last line when a plug-in does not import.
    """
    cached = workspace.root / "catalogue" / f"{source_digest()[:16]}.json"
    if not cached.exists():
        listing = subprocess.run(
            [sys.executable, "-m", "backend.registry"], cwd=SOURCE.parent, capture_output=True, text=True
        )
        if listing.returncode != 0:
            lines = listing.stderr.strip().splitlines() or ["no output"]
            raise RuntimeError(f"the catalogue of plug-ins could not be made: {lines[-1]}")
        write_atomic(cached, listing.stdout.encode())
    return json.loads(cached.read_bytes())
