"""What every part of a run is told with: its begin and end, a stage around its events, an estimate."""

from __future__ import annotations

from typing import Any

from backend.workspace.events import EventLog


def estimate(value: float, half: float) -> dict[str, float]:
    return {"value": value, "low": value - half, "high": value + half}


def begin(log: EventLog, recipe: dict[str, Any], manifest: dict[str, Any]) -> None:
    body = {
        "recipe": recipe,
        "code": {"version": "0.1.0", "digest": "c" * 64},
        "packages": {"torch": "2.13.0", "numpy": "2.4.0"},
        "python": "3.11.7",
        "platform": "Linux",
        "device": {"type": "cpu", "name": "cpu", "threads": 2},
        "dataset": {"name": manifest["name"], "digest": manifest["digest"]},
    }
    log.append("run.started", body, key="start")


def end(log: EventLog) -> None:
    log.append("run.finished", {"seconds": 61.0}, key="end")


def stage(log: EventLog, name: str, tell, *arguments: Any) -> None:
    log.append("stage.started", {"stage": name}, key=name)
    tell(log, *arguments)
    log.append("stage.finished", {"stage": name, "seconds": 12.0}, key=name)
