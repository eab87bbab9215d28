"""What is said of a study, by the type of its target: one file a type, named as in `backend/targets/`. Pure.

A file defines `Said(body)`, a `_said.Said`: the words of one record that names its metric (`study.started`,
`study.verdict`) and, where the target is no class, its target.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from ._said import Said

__all__ = ["Said", "said_of"]


def said_of(body: Mapping[str, Any]) -> Said:
    """The words for the target of a record."""
    kind = (body.get("target") or {}).get("type", "class")
    return importlib.import_module(f"{__name__}.{kind}").Said(body)
