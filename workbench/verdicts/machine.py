"""What is at work where, what waits, how much room there is, in words and table rows. Pure: the service's account and
the runs as it lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.workspace.formats import minute
from backend.workspace.memory import GIB, in_gib

from .run import STATE, name, stage

MIB = 1 << 20
DATA, FULL = "data", 0.05  # the slot of registrations; share of the disk from which on it is nearly full


def device_rows(state: dict[str, Any], runs: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a device: what is at work on it, and how much memory that holds."""
    rows = []
    for device in state["devices"]:
        run, held = runs.get(device["run"]), state["memory"]["held"].get(device["run"])
        kind = "data" if device["name"] == DATA else "run"
        rows.append(
            {
                "Device": "registering data" if device["name"] == DATA else device["name"],
                "At work": f"{name(run)}: {stage(run).lower()}" if run else "free",
                "Memory held": in_gib(held) if held else "",
                "It may take": in_gib(state["memory"]["limits"][kind]),
            }
        )
    return rows


def queue_rows(state: dict[str, Any], runs: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a run that waits, in the order in which they start."""
    waiting = [runs[run] for run in state["queue"] if run in runs]
    return [
        {
            "Place": place,
            "Waits": name(run),
            "Data": run["dataset"],
            "Asked by": run["actor"],
            "Since": minute(run["created"]),
            "State": STATE[run["state"]],
        }
        for place, run in enumerate(waiting, 1)
    ]


def headline(state: dict[str, Any]) -> str:
    """ "1 of 2 devices is at work, 3 runs wait" """
    devices = [device for device in state["devices"] if device["name"] != DATA]
    busy, waiting = sum(device["run"] is not None for device in devices), len(state["queue"])
    waits = "nothing waits" if not waiting else "1 run waits" if waiting == 1 else f"{waiting:,} runs wait"
    plural = "device" if len(devices) == 1 else "devices"
    return f"{busy} of {len(devices)} {plural} at work, {waits}"


def room(state: dict[str, Any], size: int) -> str:
    """Memory and disk in one line; size: bytes of the workspace."""
    memory, disk = state["memory"], state["disk"]
    held = in_gib(size) if size >= GIB else f"{size / MIB:,.0f} MiB"
    return (
        f"Memory: {in_gib(memory['available'])} of {in_gib(memory['total'])} free · disk: {in_gib(disk['free'])} of "
        f"{in_gib(disk['total'])} free, this workspace holds {held}"
    )


def warning(state: dict[str, Any]) -> str:
    """ "" while there is room on the disk."""
    disk = state["disk"]
    if disk["free"] >= FULL * disk["total"]:
        return ""
    free = f"{in_gib(disk['free'])} of {in_gib(disk['total'])} free"
    return f"The disk is nearly full: {free}. A run that cannot write fails."
