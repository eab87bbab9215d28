"""The registries' schemas without importing torch: a subprocess lists them once per state of the source."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import backend

from ..registry import CALLABLE, places
from ..workspace.layout import Workspace, write_atomic

LISTING = threading.Lock()  # two askers wait for one listing
SOURCE = Path(backend.__file__).parent


def source_digest() -> str:
    """SHA-256 over the registries' files: the catalogue changes when, and only when, one of them does."""
    digest = hashlib.sha256()
    for folder in CALLABLE:
        for file in sorted(file for place in places(folder) for file in place.glob("*.py")):
            digest.update(f"{folder}/{file.name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def catalogue(workspace: Workspace, keep: bool = True) -> dict[str, Any]:
    """{folder: {name: {"summary", "schema"}}}, cached in the workspace by the digest of the source.

    keep: where it is not cached there yet, keep it.

    Raises RuntimeError with the subprocess's last line when a plug-in does not import.
    """
    digest = source_digest()
    cached = workspace.root / "catalogue" / f"{digest[:16]}.json"
    with LISTING:
        if cached.exists():
            return json.loads(cached.read_bytes())
        listed = _listing(digest)
        if keep:
            write_atomic(cached, listed)
    return json.loads(listed)


@lru_cache(maxsize=1)
def _listing(digest: str) -> bytes:
    """The catalogue as a fresh interpreter prints it; asked once per state of the source and process."""
    command = [sys.executable, "-m", "backend.registry"]
    listing = subprocess.run(command, cwd=SOURCE.parent, capture_output=True)
    if listing.returncode != 0:
        lines = listing.stderr.decode(errors="replace").strip().splitlines() or ["no output"]
        raise RuntimeError(f"the catalogue of plug-ins could not be made: {lines[-1]}")
    return listing.stdout
