"""Every run, data set and sweep as the leaves tell of them, folded into their present state and held in memory.

No table holds a run's title, state or recipe: what is shown of runs is recomputed from the ledger when the database is
opened, and kept up with every transaction. A `Board` over another one holds what a transaction changes of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ...audit.ledger.canonical import body_of
from ...audit.ledger.ledger import Leaf
from ..runs.states import ENDED
from . import swept
from .reading import LEAF_COLUMNS
from .swept import Sweep

END_STATE = {"run.finished": "succeeded", "run.failed": "failed", "run.cancelled": "cancelled"}  # by the worker
SUBMITTED, ASKED, STATE, SEALED = "run.submitted", "run.cancel_asked", "job.state", "run.sealed"
AGAIN, LABELLED = "run.resume_asked", "run.labelled"
BEGAN = ("run.started", "run.resumed")
SENT, FAILED = "notice.sent", "notice.failed"
REGISTERED, ERASED = "data.registered", "payload.redacted"
COURSE = frozenset(
    {*(SUBMITTED, ASKED, STATE, SEALED, AGAIN, LABELLED, SENT, FAILED, REGISTERED, ERASED)}
    | {*BEGAN, "stage.started", *END_STATE}
)
KINDS = COURSE | swept.KINDS
SAID_APART = ("kind", "title", "dataset", "form")  # of the body of run.submitted; the rest is the job


TOLD = f"SELECT {LEAF_COLUMNS} FROM ledger WHERE kind IN ({', '.join('?' for _ in KINDS)}) ORDER BY leaf"
COUNTS = (
    "SELECT run, count(*) AS events, max(time) AS heard FROM ledger "
    "WHERE seq IS NOT NULL AND run IS NOT NULL GROUP BY run"
)


@dataclass
class Run:
    """One run. Times are texts of leaves; `asked`: who asked for its end, and when; `why`: the reason of a sweep that
    asked; `files`: sealed at its end; `called`: how somebody renamed it; `noted`: the leaf that holds the newest note.
    """

    run: str
    kind: str  # run | data | interactive
    title: str
    dataset: str
    actor: str
    created: str
    leaf: int  # of run.submitted
    job: str  # JSON of what was asked for: recipe, spec
    state: str = "queued"
    reason: str | None = None
    attempt: int = 0
    lost: int = 0  # times that it was queued again since somebody asked for it
    ends: int = 0  # that its workers have said
    past: int = 0  # of these: those after which somebody asked it to go on
    started: str | None = None
    since: str | None = None  # its worker's present attempt
    seconds: float = 0.0  # of the attempts that are over
    ended: str | None = None
    stage: str | None = None
    asked: tuple[str, str] | None = None
    why: str | None = None
    files: dict[str, Any] | None = None
    called: str = ""
    tags: tuple[str, ...] = ()
    archived: bool = False
    noted: int | None = None
    noticed: bool = False  # somebody was told of its end, or could not be
    next_seq: int = 0
    heard: str = ""  # the latest time that its worker gave, at first that of run.submitted


class Board:
    def __init__(self, below: Board | None = None):
        self._below = below
        self._runs: dict[str, Run] = {}
        self._data: dict[str, tuple[str, str, str]] = {}  # name -> run, manifest (JSON), modality
        self._sweeps: dict[str, Sweep] = {}

    # Reading

    def run(self, name: str) -> Run | None:
        """Not to be written to."""
        found = self._runs.get(name)
        return found if found or self._below is None else self._below.run(name)

    def runs(self, *states: str) -> list[Run]:
        """Those in these states, or all, oldest first."""
        return sorted(
            (run for run in self._all() if not states or run.state in states), key=lambda run: (run.created, run.run)
        )

    def unsealed(self) -> list[Run]:
        """Those that have ended, but not been sealed."""
        return [run for run in self._all() if run.state in ENDED and run.files is None]

    def datasets(self) -> list[dict[str, Any]]:
        """The manifests of the registered data sets, oldest first, with "id" (the registering run) and "state"."""
        known = {**(self._below._data if self._below else {}), **self._data}
        return [{**json.loads(manifest), "id": run, "state": "registered"} for run, manifest, _ in known.values()]

    def modality(self, dataset: str) -> str | None:
        """The modality of a registered data set, as its manifest says; None of one that is not registered."""
        found = self._data.get(dataset)
        return found[2] if found else self._below.modality(dataset) if self._below else None

    def sweep(self, name: str) -> Sweep | None:
        """Not to be written to."""
        found = self._sweeps.get(name)
        return found if found or self._below is None else self._below.sweep(name)

    def sweeps(self, *states: str) -> list[Sweep]:
        """Those in these states, or all, oldest first."""
        known = {**(self._below._sweeps if self._below else {}), **self._sweeps}.values()
        return sorted((s for s in known if not states or s.state in states), key=lambda s: s.leaf)

    # Writing

    def over(self) -> Board:
        """An empty board over this one."""
        return Board(self)

    def settle(self, above: Board) -> None:
        """Take over what the board above holds. Who reads meanwhile sees all of it or nothing."""
        if above._runs:
            self._runs = {**self._runs, **above._runs}
        if above._data:
            self._data = {**self._data, **above._data}
        if above._sweeps:
            self._sweeps = {**self._sweeps, **above._sweeps}

    def take(self, leaf: Leaf) -> None:
        """Follow one leaf. What makes no sense (an edited body, a run that nobody asked for) changes nothing."""
        if leaf.run is None:
            return
        if leaf.kind in swept.KINDS:
            self._sweep(leaf)
            return
        run = self._mine(leaf.run)
        if run is not None and leaf.seq is not None:
            run.next_seq, run.heard = leaf.seq + 1, max(run.heard, leaf.time)
        if leaf.kind in COURSE:
            try:
                self._follow(leaf, run, body_of(leaf.body))
            except (ValueError, TypeError, KeyError):
                return

    def _follow(self, leaf: Leaf, run: Run | None, body: dict[str, Any]) -> None:
        if own(leaf) and leaf.kind == SUBMITTED:
            if run is None:
                self._runs[leaf.run] = _submitted(leaf, body)
        elif run is None:
            return
        elif own(leaf):
            _told_by_server(run, leaf, body)
        elif leaf.kind == REGISTERED:
            self._register(run, body)
        else:
            _told_by_worker(run, leaf, body)

    def _sweep(self, leaf: Leaf) -> None:
        known = self.sweep(leaf.run)
        with suppress(ValueError, TypeError, KeyError):
            if own(leaf) and known is None and leaf.kind == swept.BEGUN:
                self._sweeps[leaf.run] = swept.begun(leaf, body_of(leaf.body))
            elif own(leaf) and known is not None:
                changed = known.copy()
                swept.follow(changed, leaf, body_of(leaf.body))
                self._sweeps[leaf.run] = changed

    def _register(self, run: Run, manifest: dict[str, Any]) -> None:
        """A data job speaks of its own data set alone, and the first word counts."""
        name = manifest["name"]
        known = self._data.keys() | (self._below._data.keys() if self._below else set())
        if run.kind == "data" and name == run.dataset and name not in known:
            self._data[name] = (run.run, json.dumps(manifest), manifest.get("kind", ""))

    def _mine(self, name: str) -> Run | None:
        """The run, to be written to."""
        if name not in self._runs and self._below is not None and (found := self._below.run(name)):
            self._runs[name] = replace(found)
        return self._runs.get(name)

    def _all(self) -> Iterator[Run]:
        yield from {**(self._below._runs if self._below else {}), **self._runs}.values()


def read(ask: Callable[..., list[dict[str, Any]]]) -> Board:
    """The board of a ledger; `ask(sql, values)` answers with rows."""
    board = Board()
    for row in ask(TOLD, sorted(KINDS)):
        board.take(Leaf(**row))
    for row in ask(COUNTS):
        if found := board.run(row["run"]):
            found.next_seq, found.heard = row["events"], max(found.heard, row["heard"])
    return board


def own(leaf: Leaf) -> bool:
    """Does the server itself say so, and not a worker?"""
    return leaf.seq is None and leaf.actor != "worker"


def _submitted(leaf: Leaf, body: dict[str, Any]) -> Run:
    job = json.dumps({name: value for name, value in body.items() if name not in SAID_APART})
    said = (body["kind"], body["title"], body["dataset"])
    return Run(leaf.run, *said, leaf.actor, created=leaf.time, leaf=leaf.leaf, job=job, heard=leaf.time)


def _told_by_server(run: Run, leaf: Leaf, body: dict[str, Any]) -> None:
    if leaf.kind == ASKED:
        if run.asked is None:
            run.asked, run.why = (leaf.actor, leaf.time), body.get("why")
    elif leaf.kind == SEALED or (leaf.kind == ERASED and "files" in body):  # erasing changes what a worker left
        run.files = body["files"]
    elif leaf.kind == STATE:
        again = body["state"] == "queued"
        run.state, run.attempt, run.lost = body["state"], run.attempt + again, run.lost + again
        run.reason = _reason(run, body)
        run.ended = leaf.time if run.state in ENDED else run.ended
        if run.state == "lost" or run.state in ENDED:
            _paused(run, run.heard)
    elif leaf.kind == AGAIN:
        _taken_up(run)
    elif leaf.kind in (SENT, FAILED):
        run.noticed = True
    elif leaf.kind == LABELLED:
        _label(run, leaf, body)


def _told_by_worker(run: Run, leaf: Leaf, body: dict[str, Any]) -> None:
    if leaf.kind in BEGAN:
        run.started, run.since = run.started or leaf.time, leaf.time
    elif leaf.kind == "stage.started":
        run.stage = body.get("stage")
    elif leaf.kind in END_STATE:
        run.state, run.ended, run.ends = END_STATE[leaf.kind], leaf.time, run.ends + 1
        run.reason = _reason(run, body)
        _paused(run, leaf.time)


def _paused(run: Run, until: str) -> None:
    """The worker's attempt is over: what it took counts, what passes before the next does not."""
    if run.since:
        taken = datetime.fromisoformat(max(until, run.since)) - datetime.fromisoformat(run.since)
        run.seconds, run.since = run.seconds + taken.total_seconds(), None


def _taken_up(run: Run) -> None:
    """A run that failed or was cancelled waits again, to go on from its checkpoint."""
    if run.state in ("failed", "cancelled"):
        run.state, run.attempt, run.past, run.lost = "queued", run.attempt + 1, run.ends, 0
        run.reason = run.ended = run.asked = run.why = run.files = None
        run.noticed = False


def _label(run: Run, leaf: Leaf, body: dict[str, Any]) -> None:
    """What a person says of a run; what the event leaves out stays as it was."""
    run.called = body.get("title", run.called)
    run.tags = tuple(body.get("tags", run.tags))
    run.archived = body.get("archived", run.archived)
    run.noted = leaf.leaf if "private" in body else run.noted


def _reason(run: Run, body: dict[str, Any]) -> str | None:
    """Why it is in its state; a sweep that asked for the end has said why."""
    return run.why if run.state == "cancelled" and run.why else body.get("reason")
