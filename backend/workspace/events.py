"""The event log of one run: `events.jsonl`, appended by its worker alone.

One JSON object a line: {"seq", "time", "kind", "key", "body", "subjects"}. `seq` counts from 0 without
gaps. An event with a `key` is written once: a worker that resumes from a checkpoint repeats some work,
and the repeated events are recognised by their key and left out, so nothing is lost and nothing doubled.
A line counts once it ends in a newline; a torn last line is what a kill leaves and is cut on reopening.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import plain
from .layout import BadInput

if TYPE_CHECKING:
    from .artefacts import Artefact

LONGEST_LINE = 64 << 20  # bytes of one event, so that no line fills the server's memory


def now() -> str:
    """UTC time to the microsecond, RFC 3339."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class EventLog:
    """Appends events to `path`. Thread-safe; one writer process at a time."""

    def __init__(self, path: Path):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._seq = 0
        self._keyed: dict[tuple[str, str], dict[str, Any]] = {}
        whole = 0
        self._last: dict[str, Any] | None = None
        for event, end in read_events(self.path):
            self._last, self._seq, whole = event, event["seq"] + 1, end
            if event["key"] is not None:
                self._keyed[event["kind"], event["key"]] = event
        self._file = open(self.path, "ab")  # noqa: SIM115 - held until close
        self._file.truncate(whole)

    def append(
        self,
        kind: str,
        body: dict[str, Any],
        subjects: Iterable[Artefact] = (),
        key: str | None = None,
        durable: bool = False,
    ) -> None:
        """Append one event, flushed to the kernel; `durable` also fsyncs. A known (kind, key) is left out.

        Raises BadInput for what may not enter the record (plain.py): nothing of it is written.
        """
        with self._lock:
            if key is None or (kind, key) not in self._keyed:
                plain.check(body, f"event {kind}")
                if key is not None:
                    plain.line(key, f"event {kind}: key", plain.KEY, 0)
                event = {
                    "seq": self._seq,
                    "time": now(),
                    "kind": kind,
                    "key": key,
                    "body": body,
                    "subjects": [s.as_dict() for s in subjects],
                }
                line = json.dumps(event, separators=(",", ":"), allow_nan=False).encode() + b"\n"
                if len(line) > LONGEST_LINE:
                    raise BadInput(f"event {kind}: expected at most {LONGEST_LINE:,} bytes, found {len(line):,}")
                self._file.write(line)
                self._file.flush()
                self._last, self._seq = event, self._seq + 1
                if key is not None:
                    self._keyed[kind, key] = event
            if durable:
                os.fsync(self._file.fileno())

    def seen(self, kind: str, key: str) -> dict[str, Any] | None:
        """The event already logged under (kind, key), or None. This is how a stage knows it was done."""
        return self._keyed.get((kind, key))

    def count(self, kinds: Iterable[str]) -> int:
        """How many events of these kinds, which all have a key, are in the log."""
        return sum(kind in kinds for kind, _ in self._keyed)

    @property
    def last(self) -> dict[str, Any] | None:
        """The newest event, or None in an empty log."""
        return self._last

    def close(self) -> None:
        with self._lock:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()


def read_events(path: Path, offset: int = 0, longest: int = -1) -> Iterable[tuple[dict[str, Any], int]]:
    """Yield (event, byte offset after it) from `offset`; stops before a line that is not whole yet.

    longest: bytes of a line; raises ValueError at one that is longer, as at one that is no JSON.
    """
    if not Path(path).exists():
        return
    with open(path, "rb") as file:
        file.seek(offset)
        while line := file.readline(longest):
            if not line.endswith(b"\n"):
                if len(line) == longest:
                    raise ValueError(f"a line of {longest:,} bytes or more")
                return
            offset += len(line)
            yield json.loads(line), offset
