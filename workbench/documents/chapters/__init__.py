"""What a section of the report looks like: facts (backend/audit/sections) -> sentences, tables, figures.

One file a section, named as its file there, with `chapter(facts, service) -> Chapter`. A section without one here shows
its gaps and its leaves.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from ._base import WITHHELD, Chapter, Table

__all__ = ["CHAPTERS", "WITHHELD", "Chapter", "Table"]

_NAMES = [m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")]
CHAPTERS: dict[str, Callable[[dict[str, Any], Any], Chapter]] = {
    name: importlib.import_module(f"{__name__}.{name}").chapter for name in _NAMES
}
