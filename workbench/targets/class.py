"""One of several classes."""

from __future__ import annotations

from typing import Any

from ._said import Said

__all__ = ["Said", "described", "short"]


def described(manifest: dict[str, Any]) -> str:
    """What a data set's rows are predicted to be, in its evidence line."""
    return f"{len(manifest['classes'])} classes in {manifest['label']}"


def short(manifest: dict[str, Any]) -> str:
    """The same in a list of data sets."""
    return f"{len(manifest['classes'])} classes"
