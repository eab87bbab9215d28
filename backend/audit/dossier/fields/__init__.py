"""What the record says to a field of Annex IV, one file a field.

A file defines FIELD (the field's id in statutes/*.toml) and `evidence(source) -> iterator of Value`. What the run did
not record gives no value, so a field without evidence stays visibly open. A further field is a further file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache

from ..evidence import Evidence
from ..value import Value


@cache
def registry() -> dict[str, Callable[[Evidence], Iterator[Value]]]:
    """{field id: its `evidence`}. Raises ValueError when two files speak of one field."""
    found = {}
    for file in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{file.name}")
        if module.FIELD in found:
            raise ValueError(f"fields/{file.name}.py: expected a field of its own, found {module.FIELD!r} taken")
        found[module.FIELD] = module.evidence
    return found
