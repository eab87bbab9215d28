"""runs/RUN/heartbeat.json: a worker's sign of life and how far it is, replaced every second."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any, Protocol

import psutil

from . import plain

EVERY = 1.0  # seconds
LONGEST = 1 << 16  # bytes that are read of it


class Stage(Protocol):
    """What the heartbeat reads (backend.engine.job.Progress)."""

    stage: str
    done: float
    total: float
    unit: str
    note: str


class Heartbeat:
    """Writes `path` every second from a thread of its own until closed; also the first thing it does."""

    def __init__(self, path: Path, progress: Stage):
        self.path = path
        self.progress = progress
        self._me = psutil.Process()
        # a stage counts one thing after another (texts, then steps): what it counts now, since when, done by then
        self._since: tuple[tuple[str, str], float, float] | None = None
        self._end = threading.Event()
        self.beat()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def beat(self) -> None:
        """Replace the file. Not fsynced: after a power cut nobody asks for the last sign of life."""
        p = self.progress
        state = {
            "pid": self._me.pid,
            "started": self._me.create_time(),
            "time": time.time(),
            "stage": p.stage,
            "done": p.done,
            "total": p.total,
            "unit": p.unit,
            "note": p.note,
            "eta_s": self._eta(p),
        }
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(state))
        os.replace(temporary, self.path)

    def close(self) -> None:
        self._end.set()
        self._thread.join()
        self.beat()

    def _run(self) -> None:
        while not self._end.wait(EVERY):
            try:
                self.beat()
            except OSError as error:  # a full disk must not end the run: its own writes will say so
                print(f"heartbeat: {error}", flush=True)

    def _eta(self, p: Stage) -> float | None:
        """Seconds to the end of what the stage counts, at the pace of this process, or None before there is a pace."""
        counted = (p.stage, p.unit)
        if self._since is None or self._since[0] != counted or p.done < self._since[2]:
            self._since = (counted, time.time(), p.done)
        _, since, done = self._since
        if not p.total or p.done <= done:
            return None
        return round((p.total - p.done) * (time.time() - since) / (p.done - done), 1)


def read_heartbeat(path: Path) -> dict[str, Any] | None:
    """The last heartbeat with `age` in seconds, or None when there is none, or what stands there is none.

    A worker writes it and nothing vouches for it: it is shown while the run is under way, and says which process it is.
    """
    try:
        with open(path, "rb") as file:
            beat, age = json.loads(file.read(LONGEST)), time.time() - os.fstat(file.fileno()).st_mtime
        numbers = {name: beat[name] for name in ("pid", "started", "time", "done", "total", "eta_s")}
        told = [numbers[name] for name in numbers if name != "eta_s" or numbers[name] is not None]
        if not all(type(number) in (int, float) and abs(number) < plain.LARGEST for number in told):
            return None
        texts = {name: plain.cleaned(str(beat[name]))[: plain.NAME] for name in ("stage", "unit", "note")}
        return {**numbers, **texts, "pid": int(numbers["pid"]), "age": age}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
