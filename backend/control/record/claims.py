"""What a worker claims, checked before it is taken: events of its kinds, of its own run, of files that are there.

Whatever gets past here stands in the ledger for good, so everything that verification would have to find fault with for
ever is refused: another clock, a file that is not stored, what has no canonical form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ...audit.ledger.clock import TOLERANCE
from ...workspace import plain
from ...workspace.artefacts import TYPES, Artefacts
from ...workspace.kinds import WORKER
from ..runs.states import ENDED
from .board import Board, Run

FIELDS = {"seq", "time", "kind", "key", "body", "subjects"}
SUBJECT = {"role", "sha256", "type", "bytes"}
MOST_SUBJECTS = 1_000  # files that one event speaks of


class Refused(ValueError):
    """A worker's event that is not taken: one line."""


class Claims:
    """Judges the events of one run's worker, in their order. `run`: as it is with what was taken."""

    def __init__(self, board: Board, run: Run, artefacts: Artefacts, askers: Mapping[str, str] | None = None):
        """askers: who asked, by the key of the answer, where this process passes the questions on."""
        self.run, self._board, self._artefacts, self._askers = run, board, artefacts, askers
        self._kinds = WORKER.get(run.kind, frozenset())
        self._latest = _spelled(datetime.now(UTC) + TOLERANCE)

    def check(self, event: Any, seq: int) -> None:
        """Raises Refused (or BadInput) with one line for what may not be taken as event `seq` of the run."""
        if not isinstance(event, dict) or event.keys() != FIELDS:
            found = ", ".join(sorted(event)) if isinstance(event, dict) else type(event).__name__
            raise Refused(f"an event of the fields {', '.join(sorted(FIELDS))}, found {found}")
        kind = event["kind"]
        if type(event["seq"]) is not int or event["seq"] != seq:
            raise Refused(f"event {seq}, found {event['seq']}")
        if not isinstance(kind, str) or kind not in self._kinds:
            raise Refused(f"a kind of event that the worker of a {self.run.kind} writes, found {ascii(kind)[:60]}")
        if self.run.state in ENDED:
            raise Refused(f"nothing after the end of the run, found {kind}")
        self._time(event["time"])
        if event["key"] is not None:
            plain.line(event["key"], f"the key of {kind}", plain.KEY, 0)
        if not isinstance(event["body"], dict):
            raise Refused(f"an event of kind {kind} with an object as its body, found {type(event['body']).__name__}")
        if event["subjects"] != []:
            self._subjects(kind, event["subjects"])
        if kind == "answer":
            self._answer(event["key"], event["body"])
        elif kind == "run.started":
            self._started(event["body"])
        elif check := BODIES.get(kind):
            check(self.run, event)

    def _time(self, time: Any) -> None:
        """Within the tolerance that verification has for clocks: not before what came before, not in the future."""
        try:
            at = datetime.fromisoformat(time) if isinstance(time, str) and len(time) == 27 and time[-1] == "Z" else None
        except ValueError:
            at = None
        if at is None:
            raise Refused(f"a UTC time such as {self.run.created}, found {ascii(time)[:40]}")
        if time > self._latest:
            raise Refused(f"no time in the future, found {time} at {_spelled(datetime.now(UTC))}")
        if time < self.run.heard and datetime.fromisoformat(self.run.heard) - at > TOLERANCE:
            raise Refused(f"no time before {self.run.heard}, which came before it, found {time}")

    def _started(self, body: dict[str, Any]) -> None:
        """What it says that it does is what it was asked to do; it may spell out more."""
        asked, data = json.loads(self.run.job), body.get("dataset")
        for name in ("recipe", "spec"):
            if name in body and name in asked and (where := _other(asked[name], body[name], name)):
                raise Refused(
                    f"the {name} that this run was asked for, found another value at {ascii(where)[1:-1][:80]}"
                )
        if data is not None:
            known = next((one for one in self._board.datasets() if one["name"] == self.run.dataset), {})
            if not isinstance(data, dict) or data != {name: known.get(name, data.get(name)) for name in data}:
                raise Refused(f"the data set {self.run.dataset} as it was registered, found {ascii(data)[:120]}")

    def _answer(self, key: Any, body: dict[str, Any]) -> None:
        asker = plain.line(body.get("actor", "-"), "who asked", 80)
        if self._askers is not None and self._askers.get(key) != asker:
            raise Refused(f"an answer to who asked, found one to {asker} under {ascii(key)[:60]}")

    def _subjects(self, kind: str, subjects: Any) -> None:
        if not isinstance(subjects, list) or len(subjects) > MOST_SUBJECTS:
            raise Refused(f"at most {MOST_SUBJECTS} files of {kind}, found something else")
        for one in subjects:
            if not isinstance(one, dict) or one.keys() != SUBJECT:
                raise Refused(f"files of {kind} as role, sha256, type and bytes, found something else")
            plain.line(one["role"], f"the role of a file of {kind}")
            self._file(one, f"{ascii(one['role'])[1:-1]} of {kind}")

    def _file(self, one: dict[str, Any], what: str) -> None:
        if not isinstance(one["sha256"], str) or one["type"] not in TYPES or type(one["bytes"]) is not int:
            raise Refused(f"a SHA-256, one of {', '.join(TYPES)} and a size of {what}, found something else")
        try:
            size = self._artefacts.path(one["sha256"], one["type"]).stat().st_size
        except (ValueError, OSError):
            raise Refused(f"a stored file as {what}, found none of {ascii(one['sha256'])[:14]}") from None
        if size != one["bytes"]:
            raise Refused(f"{one['bytes']:,} bytes as {what}, found {size:,}")


def _other(asked: Any, said: Any, where: str) -> str | None:
    """The first place at which `said` is not what was asked; None: it holds all of it."""
    if isinstance(asked, dict) and isinstance(said, dict):
        found = (_other(value, said.get(name), f"{where}.{name}") for name, value in asked.items())
        return next((place for place in found if place), None)
    return None if asked == said else where


def _spelled(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _registered(run: Run, event: dict[str, Any]) -> None:
    """The data set that the run is about; what its manifest names is among the files that verification hashes."""
    body, kept = event["body"], {one["sha256"] for one in event["subjects"]}
    if body.get("name") != run.dataset:
        raise Refused(f"the data set {run.dataset}, which this run registers, found {ascii(body.get('name'))[:80]}")
    for what, told in body.items():
        if isinstance(told, dict) and "sha256" in told and told["sha256"] not in kept:
            raise Refused(f"all files of the data set among those of the event, found no {ascii(what)[1:-1][:40]}")


def _stage(run: Run, event: dict[str, Any]) -> None:
    plain.line(event["body"].get("stage"), "the name of a stage", 80)


def _reason(run: Run, event: dict[str, Any]) -> None:
    plain.line(event["body"].get("reason"), "the reason of an end", 1_000, 0)


BODIES = {
    "data.registered": _registered,
    "stage.started": _stage,
    "stage.finished": _stage,
    "run.failed": _reason,
    "run.cancelled": _reason,
}
