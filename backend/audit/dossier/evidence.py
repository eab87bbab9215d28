"""Where fields read: the sections' source, with every kind of event read once, and what runs came before."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..sections._source import Source
from .value import Event


@dataclass(frozen=True)
class Evidence(Source):
    """`submitted`: the events `run.submitted` of the runs on the same data set up to this one, oldest first."""

    submitted: list[Event] = field(default_factory=list)
    _read: dict[str, list[Event]] = field(default_factory=dict)

    def events(self, kind: str) -> list[Event]:
        if kind not in self._read:
            self._read[kind] = super().events(kind)
        return self._read[kind]

    def latest(self, kind: str, key: str | None = None) -> Event | None:
        return next((e for e in reversed(self.events(kind)) if key is None or e["key"] == key), None)

    def newest(self, kind: str) -> list[Event]:
        """The newest event of every key, in the order of their first."""
        return list({e["key"]: e for e in self.events(kind)}.values())

    def of_arm(self, kind: str, arm: str = "ssl") -> list[Event]:
        return [e for e in self.newest(kind) if e["body"].get("arm") == arm]

    @cached_property
    def started(self) -> Event | None:
        return self.latest("run.started")

    @cached_property
    def recipe(self) -> dict[str, Any]:
        return self.started["body"]["recipe"] if self.started else {}

    @cached_property
    def registered(self) -> Event | None:
        """The event `data.registered` of the run's data set."""
        found = next((d for d in self.service.datasets() if d["name"] == self.run["dataset"]), None)
        return self.service.latest(found["id"], "data.registered") if found else None

    @cached_property
    def sheet(self) -> dict[str, Any]:
        return self.service.document(self.registered["body"]["sheet"]["sha256"]) if self.registered else {}

    @cached_property
    def last_readings(self) -> list[Event]:
        """The last `collapse` reading of every pretraining seed."""
        return list({e["body"]["seed"]: e for e in self.events("collapse")}.values())
