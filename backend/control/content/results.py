"""What every run came to, in one figure: the headline of its study. Read once a run, however often a page asks.

A study's verdict holds every model's figures; of 200 runs that would be megabytes for each look at a list.
"""

from __future__ import annotations

import threading
from typing import Any

from ...statistics.headline import answer
from ..record.rows import AUTHENTIC, events_where
from ..record.store import Store

KIND = "study.verdict"
KEPT = ("metric", "target", "chance", "margin", "best_method", "quick")  # of a verdict's body


class Results:
    def __init__(self, store: Store):
        self._store = store
        self._known: dict[str, dict[str, Any]] = {}
        self._after = -1
        self._reading = threading.Lock()

    def of_all(self) -> dict[str, dict[str, Any]]:
        """{run: what its study came to} of every run that has one: metric, target, chance, margin, best_method, quick,
        headline (the comparison that its answer is, or None), reached {fraction, method, mean (estimate)} of the
        pretrained model there, or None."""
        with self._reading:
            where = f"kind = '{KIND}' AND run IS NOT NULL AND leaf > ? AND {AUTHENTIC}"
            for event in events_where(self._store.rows, where, [self._after]):
                self._known[event["run"]], self._after = summary(event["body"]), event["leaf"]
            return dict(self._known)


def summary(verdict: dict[str, Any]) -> dict[str, Any]:
    """A verdict's headline, and what the pretrained model reached where that was read."""
    return {**{name: verdict.get(name) for name in KEPT}, "headline": answer(verdict), "reached": reached(verdict)}


def reached(verdict: dict[str, Any]) -> dict[str, Any] | None:
    """At the headline's share of the labels, else at the largest that was studied, by the method that validation
    chose."""
    own = [entry for entry in verdict["table"] if entry["arm"] == "ssl" and entry.get("best")]
    if not own:
        return None
    fraction = (answer(verdict) or {}).get("fraction", max(entry["fraction"] for entry in own))
    found = next((entry for entry in own if entry["fraction"] == fraction), own[-1])
    return {name: found[name] for name in ("fraction", "method", "mean")}
