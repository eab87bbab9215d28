"""The registries' schemas without importing torch: a subprocess lists them once per state of the source."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import backend

from ...plugins import places
from ...registry import CALLABLE
from ...workspace.layout import write_atomic

LISTING = threading.Lock()  # two askers wait for one listing
SOURCE = Path(backend.__file__).parent


def source_digest() -> str:
    """SHA-256 over the registries' files: the catalogue changes when, and only when, one of them does."""
    digest = hashlib.sha256()
    for file in (SOURCE / "registry.py", SOURCE / "exports.py"):  # what is listed of a file
        digest.update(file.read_bytes() + b"\0")
    for folder in CALLABLE:
        for file in sorted(file for place in places(folder) for file in place.glob("*.py")):
            digest.update(f"{folder}/{file.name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def catalogue() -> dict[str, Any]:
    """{folder: {name: {"summary", "schema"}}}, kept by the digest of the source beside the compiled source.

    It decides what a recipe may say, so it is believed where the program's own files are, and never out of a workspace.
    Raises RuntimeError with the subprocess's last line when a plug-in does not import.
    """
    digest = source_digest()
    made_by = f"{sys.implementation.cache_tag}-pydantic-{metadata.version('pydantic')}"
    name = f"ssl-workbench-catalogue-{made_by}-{digest[:32]}.json"
    with LISTING:
        for cached in (folder / name for folder in _folders()):
            with suppress(OSError, ValueError):
                return json.loads(cached.read_bytes())
        listing = _listing(digest)
        for folder in _folders():
            with suppress(OSError):  # an installation that nobody may write: the next folder, or this process's memory
                write_atomic(folder / name, listing)
                break
    return json.loads(listing)


def _folders() -> list[Path]:
    """Where the listing may lie: with the compiled source, or in the user's own cache."""
    compiled = Path(importlib.util.cache_from_source(str(SOURCE / "registry.py"))).parent
    own = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return [compiled, Path(own) / "ssl-workbench"]


@lru_cache(maxsize=1)
def _listing(digest: str) -> bytes:
    """The catalogue as a fresh interpreter prints it; asked once per state of the source and process."""
    command = [sys.executable, "-m", "backend.registry"]
    listing = subprocess.run(command, cwd=SOURCE.parent, capture_output=True)
    if listing.returncode != 0:
        lines = listing.stderr.decode(errors="replace").strip().splitlines() or ["no output"]
        raise RuntimeError(f"the catalogue of plug-ins could not be made: {lines[-1]}")
    return listing.stdout
