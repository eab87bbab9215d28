"""Which code and which packages a run was made with."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import backend

PACKAGES = (
    "captum",
    "duckdb",
    "fairlearn",
    "faiss-cpu",
    "numba",
    "numpy",
    "openTSNE",
    "pacmap",
    "pandas",
    "peft",
    "pillow",
    "pyarrow",
    "pydantic",
    "rfc8785",
    "safetensors",
    "scikit-learn",
    "scikit-network",
    "scipy",
    "tokenizers",
    "torch",
    "torchdr",
    "transformers",
    "umap-learn",
)


@cache
def code() -> dict[str, str]:
    """{"version", "digest"}: SHA-256 over the path and content of every source file of the back end."""
    source = Path(backend.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(p for p in source.rglob("*") if p.suffix in (".py", ".sql")):
        name, content = file.relative_to(source).as_posix().encode(), file.read_bytes()
        digest.update(b"%d %d " % (len(name), len(content)) + name + content)
    return {"version": backend.__version__, "digest": digest.hexdigest()}


def packages() -> dict[str, str]:
    """{name: version} of what computes the numbers; a package that is absent is left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def provenance() -> dict[str, Any]:
    return {
        "code": code(),
        "packages": packages(),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
