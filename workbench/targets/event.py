"""An event within a horizon."""

from __future__ import annotations

from typing import Any

from . import _said


class Said(_said.Said):
    guessing = "always the base rate"


def described(manifest: dict[str, Any]) -> str:
    return f"an event to predict: {manifest['target']['column']} {manifest['positive']}"


def short(manifest: dict[str, Any]) -> str:
    return f"event {manifest['positive']}"
