"""Which comparison a study's answer is, as it was fixed before the study began. No imports: lists ask it too."""

from __future__ import annotations

from math import log
from typing import Any

FRACTION = 0.1  # which a study speaks of, or the nearest; records from before it was noted lack it


def nearest(verdict: dict[str, Any], found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Of comparisons the one at the fraction that was fixed beforehand, or the nearest to it; None of none."""
    wanted = verdict.get("headline_fraction", FRACTION)
    return min(found, key=lambda one: (abs(log(one["fraction"] / wanted)), -one["fraction"]), default=None)


def answer(verdict: dict[str, Any]) -> dict[str, Any] | None:
    """The best use of pretraining against the strongest model that saw none. In records from before that was compared
    the one against supervised training from scratch; None where that was left out too."""
    return nearest(verdict, verdict.get("strongest") or []) or verdict["headline"]
