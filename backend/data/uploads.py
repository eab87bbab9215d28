"""Files that a browser hands over, kept below WORKSPACE/uploads under the digest of what is in them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePath

from ..workspace.layout import BadInput, write_atomic

SUFFIXES = (".npz", ".parquet", ".zip", ".csv", ".tsv", ".jsonl", ".txt")


def keep(root: Path, name: str, payload: bytes) -> Path:
    """Write an upload below `root`/uploads and return where it lies; the same file is kept once.

    Only kinds that hold everything in one file are taken, and of the name only what is safe in a path.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput(f"upload: expected one of {', '.join(SUFFIXES)}, found {name[:80]!r}")
    if not payload:
        raise BadInput(f"upload {name[:80]!r}: expected a file with data, found an empty one (0 bytes)")
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", PurePath(name).stem).strip("-")[:60] or "upload"
    target = root / "uploads" / hashlib.sha256(payload).hexdigest()[:16] / f"{stem}{suffix}"
    if not target.exists():
        write_atomic(target, payload)
    return target
