"""The supervisor: a thread that reads what the workers say, starts the next ones and deals with those that fall silent.

It keeps nothing in memory that matters: a run's state and who asked for its end stand in the ledger, its process in the
database, so a server that comes back goes on where the last one was killed, and the workers never noticed. When a run
has ended and its worker is gone, the digests of its files are noted, what it printed among them.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from ...workspace.artefacts import digest_file
from ...workspace.heartbeat import read_heartbeat
from ...workspace.layout import RunFolder, Workspace, write_atomic
from ...workspace.memory import held
from ...workspace.visible import visible
from ..record.ingest import DamagedLog, ingest
from ..record.store import Store, Transaction
from ..workspace_lock import alive
from . import runs
from .devices import DATA
from .launchers import Launcher, Status
from .memory_limits import MemoryLimits, reached
from .states import ENDED

EVERY = 0.3  # seconds between two looks while a run is under way
CALM = 5.0  # where only the warm worker lives, which is asked by whoever waits for its answer
IDLE = 60.0  # where nothing is under way: whoever queues a run wakes the supervisor
GRACE = 20.0  # seconds from SIGTERM to SIGKILL
STALE = 5.0  # seconds without a heartbeat
ENDING = 2.0  # seconds that closing waits for workers that have said their end
REQUEUES = 3


class Supervisor:
    def __init__(
        self,
        store: Store,
        workspace: Workspace,
        launcher: Launcher,
        devices: list[str],
        memory: MemoryLimits | None = None,
        sweeps: Callable[[], None] = lambda: None,
    ):
        self.store, self.workspace, self.launcher, self.devices = store, workspace, launcher, devices
        self.memory, self.sweeps = memory or MemoryLimits(), sweeps
        self._over: dict[str, str] = {}  # runs that took too much memory, and what is said of them
        self._asked: set[str] = set()  # runs that this process has sent SIGTERM
        self._wake = threading.Event()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name="supervisor", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look now instead of at the next turn."""
        self._wake.set()

    def close(self) -> None:
        """Stop looking. The workers go on; those that are just ending are waited for a moment."""
        self._end.set()
        self._wake.set()
        if self._thread:
            self._thread.join()
        until = time.monotonic() + ENDING
        while self.seal() and time.monotonic() < until:
            time.sleep(0.05)

    def _loop(self) -> None:
        while not self._end.is_set():
            pause = EVERY
            try:
                self.tick()
                pause = self._pause()
            except Exception:  # one bad turn (a full disk) must not leave the runs without a supervisor
                print(visible(traceback.format_exc(), lines=True), file=sys.stderr)
            self._wake.wait(pause)
            self._wake.clear()

    def tick(self) -> None:
        """One look at every run that has not ended; what waits for a free slot is started."""
        self.look()
        self.sweeps()  # what they submit is launched in the same turn
        self._launch()

    def _pause(self) -> float:
        """Seconds until the next look."""
        board = self.store.board
        kinds = {run.kind for run in board.runs("queued", "running", "lost")}
        return EVERY if kinds - {"interactive"} or board.unsealed() else CALM if kinds else IDLE

    def look(self) -> None:
        """Take in what the workers have said and deal with those that fell silent or are asked to stop."""
        for run in runs.in_states(self.store, "running", "lost"):
            self._follow(run)
        for run in runs.in_states(self.store, "queued"):
            if run["asked"]:
                self._move(run, "cancelled", "cancelled before it started")
        self.seal()

    def seal(self) -> int:
        """Note the digests of the files of every ended run whose worker is gone; returns how many are still there."""
        there = 0
        for run in runs.unsealed(self.store):
            if self._gone(run):
                files = sealed_files(self.workspace.run(run["run"]))
                self.store.write(lambda tx, run=run, files=files: runs.seal(tx, run["run"], files))
            else:
                there += 1
        return there

    def _launch(self) -> None:
        """Give the free slots to the runs that wait, oldest first."""
        busy = {run["slot"] for run in runs.in_states(self.store, "running")}
        for run in runs.in_states(self.store, "queued"):
            slots = [DATA] if run["kind"] == "data" else self.devices
            free = [slot for slot in slots if slot not in busy]
            if free:
                busy.add(free[0])
                self._start(run, free[0])

    def _start(self, run: dict[str, Any], slot: str) -> None:
        self._asked.discard(run["run"])  # to end, before it was asked to go on
        folder = self.workspace.run(run["run"])
        handle = self._living(run)  # of a server that was killed between starting it and saying so
        if handle is None:
            device = "cuda" if slot.startswith("cuda") else "cpu"
            about = {name: run[name] for name in ("run", "kind", "attempt", "past")}
            job = {**runs.job_of(self.store, run["run"]), **about, "device": device, "memory": self._limit(run)}
            write_atomic(folder.job, json.dumps(job).encode())
            try:
                handle = self.launcher.submit(folder, slot)
            except Exception as error:
                self._move(run, "failed", f"the worker could not be started: {error}")
                return
        self._move(run, "running", handle=json.dumps(handle), slot=slot)

    def _follow(self, run: dict[str, Any]) -> None:
        """Read what a running worker has said; find out whether it still lives."""
        if self._read(run) in ENDED:
            self._poll(run)  # reaps the process
            return
        status = self._poll(run)
        if status.alive:
            if run["asked"]:
                self._press(run)
            self._watch(run)
            return
        heartbeat = read_heartbeat(self.workspace.run(run["run"]).heartbeat)
        if status.code is None and run["state"] == "running" and heartbeat and heartbeat["age"] < STALE:
            return
        if self._read(run) not in ENDED:  # it may have spoken between the last look and its end
            self._silent(run, status)

    def _read(self, run: dict[str, Any]) -> str:
        """Ingest the run's events; returns its state after them."""
        try:
            ingest(self.store, self.workspace.run(run["run"]))
        except DamagedLog as problem:
            self._cancel(run, force=True)
            self._move(run, "failed", str(problem))
        return self.store.board.run(run["run"]).state

    def _poll(self, run: dict[str, Any]) -> Status:
        """The worker's status; whoever writes the heartbeat is the worker, even where the handle knows another."""
        handle = self._handle(run)
        if handle is None:  # its row is gone: only a heartbeat still tells of the process
            return Status(self._living(run) is not None)
        if run["kind"] == "interactive":
            return Status(alive(handle["pid"], handle["started"]))
        status = self.launcher.poll(self.workspace.run(run["run"]), handle)
        living = None if status.alive else self._living(run)
        if living is not None:
            self.store.write(lambda tx: runs.update(tx, run["run"], handle=json.dumps({**handle, **living})))
            return Status(True)
        return status

    def _living(self, run: dict[str, Any]) -> dict[str, Any] | None:
        """A handle on the living process that writes the run's heartbeat, or None."""
        heartbeat = read_heartbeat(self.workspace.run(run["run"]).heartbeat)
        if heartbeat and alive(heartbeat["pid"], heartbeat["started"]):
            return {"pid": heartbeat["pid"], "started": heartbeat["started"]}
        return None

    def _press(self, run: dict[str, Any]) -> None:
        """SIGTERM once, SIGKILL when the grace is over."""
        if datetime.now(UTC) - datetime.fromisoformat(run["asked"][1]) > timedelta(seconds=GRACE):
            self._cancel(run, force=True)
        elif run["run"] not in self._asked:
            self._asked.add(run["run"])
            self._cancel(run)

    def _cancel(self, run: dict[str, Any], force: bool = False) -> None:
        if handle := self._handle(run) or self._living(run):
            self.launcher.cancel(self.workspace.run(run["run"]), handle, force)

    def _limit(self, run: dict[str, Any]) -> int:
        return self.memory.of(run["kind"], len(self.devices))

    def _watch(self, run: dict[str, Any]) -> None:
        """End a worker of this machine that holds more memory than it may, before the machine has none left."""
        pid, limit = (self._handle(run) or {}).get("pid"), self._limit(run)
        if pid is None or run["run"] in self._over or held(pid) <= limit:
            return
        self._over[run["run"]] = reason = reached(run["kind"], limit)
        with open(self.workspace.run(run["run"]).log, "a") as log:
            log.write(f"{reason}\n")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def _silent(self, run: dict[str, Any], status: Status) -> None:
        """The worker is gone without saying how it ended."""
        how, over = _how(status), self._over.pop(run["run"], None)
        if over is not None and run["kind"] != "interactive":
            self._move(run, "failed", over)
        elif run["kind"] == "interactive":
            self._move(run, "succeeded")
        elif run["asked"]:
            self._move(run, "cancelled", f"cancelled; it did not stop by itself ({how})")
        elif status.code is not None and status.code > 0:
            self._move(run, "failed", f"{how}: {self._last_line(run)}")
        elif run["lost"] >= REQUEUES:
            self._move(run, "failed", f"lost {run['lost'] + 1} times ({how}); last line: {self._last_line(run)}")
        else:
            self.store.write(lambda tx: _requeue(tx, run, how))

    def _last_line(self, run: dict[str, Any]) -> str:
        text = self.launcher.logs(self.workspace.run(run["run"]), self._handle(run), 1)
        return text.strip()[:300] or "nothing in the log"

    def _gone(self, run: dict[str, Any]) -> bool:
        """Is the worker of an ended run gone? A launcher that knows nothing of it any more says so too."""
        with suppress(Exception):
            return not self._poll(run).alive
        return self._living(run) is None

    def _handle(self, run: dict[str, Any]) -> dict[str, Any] | None:
        return json.loads(run["handle"]) if run["handle"] else None

    def _move(self, run: dict[str, Any], state: str, reason: str | None = None, **columns: Any) -> None:
        self.store.write(lambda tx: runs.move(tx, run["run"], state, reason, **columns))


def sealed_files(folder: RunFolder) -> dict[str, dict[str, Any]]:
    """{file name: {"bytes", "sha256"}} of what a run leaves in its folder."""
    files = {}
    for path in (folder.job, folder.events, folder.log):
        if path.is_file():
            sha256, size = digest_file(path)
            files[path.name] = {"bytes": size, "sha256": sha256}
    return files


def _requeue(tx: Transaction, run: dict[str, Any], how: str) -> None:
    runs.move(tx, run["run"], "lost", how)
    runs.move(tx, run["run"], "queued", f"again from its checkpoint, attempt {run['attempt'] + 2}")


def _how(status: Status) -> str:
    if status.code is None:
        return "the worker is gone"
    if status.code < 0:
        return f"the worker was ended by {signal.Signals(-status.code).name}"
    return f"the worker ended with code {status.code}"
