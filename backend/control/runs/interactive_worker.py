"""The warm worker, seen from the server: one subprocess that answers what a person waits for.

It is started at the first question, started again when it is dead, and ended with the server. One question at a time;
one that takes too long ends the worker, since nothing else can stop it, and the next question starts a new one.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from typing import Any

from ...workspace import plain
from ...workspace.layout import BadInput, RunFolder, Workspace
from ..record.ingest import ingest
from ..record.store import Store, Transaction
from ..workspace_lock import start_time
from . import runs
from .launchers.local import environment, tail_of
from .supervisor import sealed_files


class NotAnswered(BadInput):
    """The warm worker gave no answer: one line says why."""


COMMAND = (sys.executable, "-m", "backend.interactive")


class Warm:
    def __init__(self, store: Store, workspace: Workspace, slot: str, command: tuple[str, ...] = COMMAND):
        self.store, self.workspace, self.slot, self.command = store, workspace, slot, command
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None
        self._answers: queue.SimpleQueue = queue.SimpleQueue()
        self._folder: RunFolder | None = None
        self._asked = 0

    def ask(self, question: dict[str, Any], timeout: float, actor: str) -> dict[str, Any]:
        """The answer to `question`; raises BadInput with the worker's one line, NotAnswered when there is none."""
        plain.check(question, "question")
        until = time.monotonic() + timeout
        if not self._lock.acquire(timeout=timeout):
            raise NotAnswered(f"question: expected an answer within {timeout:g} s, found the worker busy with another")
        try:
            if self._process is None or self._process.poll() is not None:
                self._start(actor)
            self._asked += 1
            line = {"id": f"{self._folder.name}/{self._asked}", "actor": actor, "question": question}
            self.store.askers[self._folder.name][line["id"]] = actor
            return self._answer(line, until, timeout)
        finally:
            self._lock.release()

    def close(self) -> None:
        with self._lock:
            self._stop()

    def _answer(self, line: dict[str, Any], until: float, timeout: float) -> dict[str, Any]:
        try:
            self._process.stdin.write(json.dumps(line) + "\n")
            self._process.stdin.flush()
            reply = self._answers.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            self._stop()
            raise NotAnswered(f"question: expected an answer within {timeout:g} s, found none") from None
        except BrokenPipeError:
            reply = None
        if reply is None:
            last = tail_of(self._folder.log, 1).strip()[:300]
            self._stop()
            raise NotAnswered(f"question: expected an answer, found the worker dead: {last or 'nothing in its log'}")
        ingest(self.store, self._folder)
        if "error" in reply:
            raise (BadInput if reply["input"] else NotAnswered)(reply["error"])
        return reply["answer"]

    def _start(self, actor: str) -> None:
        """Start the process in a run folder of its own."""
        self._stop()
        name = f"interactive-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
        self._folder, self._asked = self.workspace.run(name), 0
        self.store.askers[name] = {}
        self._folder.path.mkdir(parents=True)
        with open(self._folder.log, "ab") as log:
            self._process = subprocess.Popen(
                [*self.command, str(self._folder.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                env=environment(self.slot),
            )
        self._answers = queue.SimpleQueue()
        reader = threading.Thread(target=_read, args=(self._process, self._answers), name="warm-reader", daemon=True)
        reader.start()
        handle = {"pid": self._process.pid, "started": start_time(self._process.pid)}
        self.store.write(lambda tx: _record(tx, name, handle, actor))

    def _stop(self) -> None:
        """End the process: at the end of its input, or 2 s later by force."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        ingest(self.store, self._folder)
        self.store.write(lambda tx: runs.move(tx, self._folder.name, "succeeded"))
        files = sealed_files(self._folder)
        self.store.write(lambda tx: runs.seal(tx, self._folder.name, files))
        self.store.askers.pop(self._folder.name, None)


def _record(tx: Transaction, name: str, handle: dict[str, Any], actor: str) -> None:
    runs.create(tx, name, "interactive", "Questions to the warm worker", "", {}, actor)
    runs.move(tx, name, "running", handle=json.dumps(handle), slot="warm")


def _read(process: subprocess.Popen, answers: queue.SimpleQueue) -> None:
    """Pass the worker's answers on; None says that there will be no more."""
    with process.stdout as lines:
        for line in lines:
            answers.put(json.loads(line))
    answers.put(None)
