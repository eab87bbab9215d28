"""WORKSPACE/settings.toml, or the file that WORKBENCH_SETTINGS names: tables that are each checked where they are used.

[memory]    how much memory work may take (backend/control/runs/memory_limits.py)
[record]    who outside vouches for the record (backend/audit/witness/settings.py)
[data]      which files of the machine are read for people with accounts (backend/workspace/reach.py)
[notify]    who is told when a run has ended (backend/control/runs/notices.py)
[serve]     under which names the server is asked for, and by which proxies (workbench/serve/names.py)
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from .layout import BadInput
from .refused import line, validated

LARGEST = 64 * 1024  # bytes of a settings file


class Strict(BaseModel):
    """A table of the file: unknown keys and values of another kind are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Table = TypeVar("Table", bound=Strict)


def settings_file(root: Path) -> Path:
    named = os.environ.get("WORKBENCH_SETTINGS")
    return Path(named) if named else root / "settings.toml"


def table(root: Path, name: str, kind: type[Table]) -> Table:
    """The table `name` of the settings of the workspace at `root`; its defaults where there is none.

    Raises BadInput for a file that cannot be read, an unknown key or a value of the wrong kind.
    """
    path = settings_file(root)
    try:
        told = _read(path).get(name, {})
    except OSError as error:
        raise BadInput(f"{path}: expected a file of settings, found: {error.strerror}") from None
    except ValueError as error:  # TOML, UTF-8, size
        raise BadInput(f"{path}: expected TOML, found: {error}") from None

    return validated(kind, told, lambda error: line(error, f"{path}: ", (name,)))


def _read(path: Path) -> dict[str, Any]:
    if not os.environ.get("WORKBENCH_SETTINGS") and not path.exists():
        return {}
    raw = path.read_bytes()
    if len(raw) > LARGEST:
        raise ValueError(f"{len(raw)} bytes, more than {LARGEST}")
    return tomllib.loads(raw.decode("utf-8"))
