"""Nothing to predict: there is no study and no audit, and pages say so."""

from __future__ import annotations

from typing import Any

from ._said import Said

__all__ = ["Said", "described", "short"]


def described(manifest: dict[str, Any]) -> str:
    return "no label"


def short(manifest: dict[str, Any]) -> str:
    return "no labels"
