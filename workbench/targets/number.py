"""A number in its unit."""

from __future__ import annotations

from typing import Any

from . import _said


class Said(_said.Said):
    guessing = "always the same number"
    beside = "against"
    reworded = {  # noqa: RUF012
        "Logistic regression": "Ridge regression",
        "logistic regression": "ridge regression",
        "from guessing to always right": "from a constant to the true numbers",
    }


def described(manifest: dict[str, Any]) -> str:
    return f"a number to predict: {short(manifest).removeprefix('number ')}"


def short(manifest: dict[str, Any]) -> str:
    target = manifest["target"]
    return f"number {target['column']}{f' ({unit})' if (unit := target['unit']) else ''}"
