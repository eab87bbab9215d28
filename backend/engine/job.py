"""What a worker gives to a stage: the recipe, the data, the event log, the artefacts and a stop signal."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..recipe import Recipe
from ..workspace.artefacts import Artefacts
from ..workspace.events import EventLog
from ..workspace.layout import RunFolder

if TYPE_CHECKING:  # the loop of pretraining runs where Arrow, which data sets are read with, is not installed
    from ..data.dataset import Dataset


class Stopped(Exception):
    """The run was asked to stop; the state was checkpointed first."""


@dataclass
class Progress:
    """What the heartbeat tells; plain attributes, replaced by the stage and read by the heartbeat thread."""

    stage: str = "starting"
    done: float = 0.0
    total: float = 0.0
    unit: str = ""
    note: str = ""


@dataclass
class Job:
    """One run in its worker.

    Stages log with `events.append(kind, body, subjects, key=...)` and give every event a key, so that a
    resumed run repeats none. They call `check_stop()` often (every step, every cell, every example), after
    writing what they need to go on. `folder.checkpoints` is theirs for resumable state.
    """

    folder: RunFolder
    recipe: Recipe
    dataset: Dataset
    device: str
    events: EventLog
    artefacts: Artefacts
    stop: threading.Event = field(default_factory=threading.Event)
    progress: Progress = field(default_factory=Progress)

    def report(self, done: float, total: float, unit: str, note: str = "") -> None:
        """Tell the heartbeat how far the current stage is."""
        p = self.progress
        p.done, p.total, p.unit, p.note = done, total, unit, note

    def check_stop(self) -> None:
        if self.stop.is_set():
            raise Stopped

    def finished(self, stage: str) -> dict[str, Any] | None:
        """The body of `stage.finished` if this stage was already done before a restart."""
        event = self.events.seen("stage.finished", stage)
        return event["body"] if event else None

    @cached_property
    def torch_device(self):
        import torch

        return torch.device(self.device)
