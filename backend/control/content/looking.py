"""First looks at sources, seen from the server: a process that reads them within a limit of memory and of time.

It is started at the first look, again when it is gone, and ends by itself when nobody asks.
"""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
import sys
import threading
from typing import Any

from ...workspace.layout import BadInput
from ...workspace.memory import in_gib
from ..runs.devices import DATA
from ..runs.launchers.local import environment

SECONDS = 30.0


class Looks:
    def __init__(self, limit: int, seconds: float = SECONDS):
        self.limit, self.seconds = limit, seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None

    def at(self, path: str, **more: Any) -> dict[str, Any]:
        """What `backend.data.preview.preview(path, **more)` tells. Raises BadInput, as it does or for no answer."""
        if not self._lock.acquire(timeout=self.seconds):
            raise BadInput(
                f"{path}: expected a look within {self.seconds:g} s, found others being looked at; try again"
            )
        try:
            told = self._told(json.dumps({"path": path, **more}))
        finally:
            self._lock.release()
        if told is None:
            raise BadInput(
                f"{path}: expected a source that can be looked at within {self.seconds:g} s and "
                f"{in_gib(self.limit)} of memory, found that it takes more or ends the reader"
            )
        if "refused" in told:
            raise BadInput(told["refused"])
        return told["found"]

    def close(self) -> None:
        with self._lock:
            self._end()

    def _told(self, line: str) -> dict[str, Any] | None:
        """The process's answer, or None when it gave none; it is ended then."""
        for _ in range(2):  # the first may have ended by itself just now
            process = self._running()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(line + "\n")
                process.stdin.flush()
            waited = select.select([process.stdout], [], [], self.seconds)[0]
            if waited and (answer := process.stdout.readline()):
                return json.loads(answer)
            if not waited or self._code(process) != 0:
                self._end()
                return None
        return None

    @staticmethod
    def _code(process: subprocess.Popen) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(2)
        return None

    def _running(self) -> subprocess.Popen:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "backend.data.look", str(self.limit)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment(DATA),
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for end in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    end.close()
