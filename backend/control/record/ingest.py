"""From runs/RUN/events.jsonl into the ledger, in bulk and exactly once.

The leaves, and with them the run's new state, and the byte offset up to which the file was read are one transaction:
a server that dies in the middle has read nothing, and one that comes back reads on from the stored offset.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import Any

from ...workspace import plain
from ...workspace.artefacts import Artefacts
from ...workspace.events import LONGEST_LINE, read_events
from ...workspace.layout import BadInput, RunFolder
from ..runs import runs
from .claims import Claims, Refused
from .erasing import parted
from .store import Store, Transaction

AT_ONCE = 5_000  # events in one transaction
OFFSET = "SELECT read_offset FROM processes WHERE run = ?"


class DamagedLog(RuntimeError):
    """events.jsonl is not what a worker wrote."""


def ingest(store: Store, folder: RunFolder) -> int:
    """Take in what the worker has said since the last time; returns the number of new events.

    Raises DamagedLog with one line when a whole line is not the next event that this worker may write; what came
    before it is taken in.
    """
    total = 0
    known = store.rows(OFFSET, [folder.name])
    if store.board.run(folder.name) is None or not _has_grown(folder, known[0]["read_offset"] if known else 0):
        return 0
    while True:
        count, problem = store.write(lambda tx: _ingest_some(tx, folder, store.askers.get(folder.name)))
        total += count
        if problem:
            raise DamagedLog(problem)
        if count < AT_ONCE:
            return total


def _has_grown(folder: RunFolder, offset: int) -> bool:
    try:
        return folder.events.stat().st_size != offset
    except FileNotFoundError:
        return offset > 0


def _ingest_some(tx: Transaction, folder: RunFolder, askers: dict[str, str] | None) -> tuple[int, str | None]:
    run = tx.board.run(folder.name)
    rows, seq, count, problem = tx.rows(OFFSET, [folder.name]), run.next_seq, 0, None
    offset = rows[0]["read_offset"] if rows else _listed_again(tx, folder, seq)
    size = folder.events.stat().st_size if folder.events.exists() else 0
    if size < offset:
        return 0, f"{folder.events.name}: expected at least the {offset} bytes already read, found {size}"
    claims = Claims(tx.board, run, Artefacts(folder.workspace.artefacts), askers)
    try:
        for event, end in islice(read_events(folder.events, offset, LONGEST_LINE), AT_ONCE):
            claims.check(event, seq)
            _take(tx, folder.name, event)
            claims.run = tx.board.run(folder.name)
            offset, seq, count = end, seq + 1, count + 1
    except (ValueError, RecursionError) as error:
        problem = f"{folder.events.name}, byte {offset}: {_told(error)}"
    if count:
        runs.update(tx, folder.name, read_offset=offset)
    return count, problem


def _listed_again(tx: Transaction, folder: RunFolder, seq: int) -> int:
    """The run's row is gone: make it anew, behind the events that are in the ledger already; returns the offset."""
    behind = 0
    with suppress(ValueError):
        for event, end in islice(read_events(folder.events, 0, LONGEST_LINE), seq):
            behind = end if isinstance(event, dict) else behind
    tx.execute("INSERT INTO processes VALUES (?, NULL, NULL, ?)", [folder.name, behind])
    return behind


def _take(tx: Transaction, run: str, event: dict[str, Any]) -> None:
    """Log one event, which the run follows. Raises BadInput for what has no canonical form, before it is kept."""
    public, private = parted(event["kind"], event["body"])
    tx.log(
        event["kind"],
        public,
        private=private,
        actor="worker",
        run=run,
        time=event["time"],
        seq=event["seq"],
        key=event["key"],
        subjects=event["subjects"],
    )


def _told(error: Exception) -> str:
    if isinstance(error, Refused):
        return f"expected {error}"
    if isinstance(error, BadInput):
        return str(error)
    return f"expected an event, found something else ({plain.cleaned(str(error))[:200]})"
