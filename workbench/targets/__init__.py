"""What is said of a study, by the type of its target: one file a type, named as in `backend/targets/`. Pure.

A file defines `Said(body)`, a `_said.Said`: the words of one record that names its metric (`study.started`,
`study.verdict`) and, where the target is no class, its target; and `described(manifest)` and `short(manifest)`: what
the rows of a data set are predicted to be.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from backend.targets import type_of

from ._said import Said

__all__ = ["Said", "described", "said_of", "short"]


def said_of(body: Mapping[str, Any]) -> Said:
    """The words for the target of a record."""
    return _file((body.get("target") or {}).get("type", "class")).Said(body)


def described(manifest: dict[str, Any]) -> str:
    """ "2 classes in finding", "a number to predict: life (days)", "no label" """
    return _file(type_of(manifest)).described(manifest)


def short(manifest: dict[str, Any]) -> str:
    """ "2 classes", "number life (days)", "no labels" """
    return _file(type_of(manifest)).short(manifest)


def _file(kind: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{kind}")
