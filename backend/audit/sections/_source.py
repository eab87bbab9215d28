"""Where sections read: one run's events and the artefacts that they name, through the service's methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LIVE = ("queued", "running", "lost")


@dataclass(frozen=True)
class Source:
    service: Any
    run: dict[str, Any]

    @property
    def kind(self) -> str:
        """The modality of the run's data."""
        return self.run["modality"]

    def events(self, kind: str) -> list[dict[str, Any]]:
        return self.service.events(self.run["run"], kind)

    def latest(self, kind: str, key: str | None = None) -> dict[str, Any] | None:
        return self.service.latest(self.run["run"], kind, key)

    def gap(self, stage: str, what: str) -> str:
        """Why this run has nothing from `stage`, in one sentence."""
        skipped = self.latest("stage.skipped", stage)
        if skipped:
            return f"{what}: {skipped['body']['reason']}"
        if stage not in self.run["recipe"].get("stages", [stage]):
            return f"{what}: the recipe left this stage out."
        if self.run["state"] in LIVE:
            return f"{what}: the run has not come that far ({self.run['state']})."
        if self.run["state"] == "succeeded":
            return f"{what}: the run recorded none."
        return f"{what}: the run {self.run['state']} before it ({self.run['reason'] or 'no reason given'})."


def section(facts: dict[str, Any], events: list[dict[str, Any]] = (), gaps: list[str] = ()) -> dict[str, Any]:
    """A section's content: its facts, the leaves that they rest on, and what is missing."""
    return {"facts": facts, "cites": cite(events), "gaps": list(gaps)}


def cite(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events' leaves by kind, in the order of the ledger: {"kind", "run", "leaves", "files"}."""
    by_kind: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for event in sorted(events, key=lambda e: e["leaf"]):
        by_kind.setdefault((event["kind"], event["run"]), []).append(event)
    return [
        {
            "kind": kind,
            "run": run,
            "leaves": [e["leaf"] for e in found],
            "files": [{"role": s["role"], "sha256": s["sha256"]} for e in found for s in e["subjects"]],
        }
        for (kind, run), found in by_kind.items()
    ]


def bodies(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [e["body"] for e in events]


def subject(event: dict[str, Any], role: str) -> str | None:
    """The digest of the event's file whose role begins with `role`."""
    return next((s["sha256"] for s in event["subjects"] if s["role"].startswith(role)), None)
