"""From runs/RUN/events.jsonl into the ledger, in bulk and exactly once.

The rows, their leaves, the run's new state and the byte offset up to which the file was read are one transaction:
a server that dies in the middle has read nothing, and one that comes back reads on from the stored offset.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from ..workspace.events import read_events
from ..workspace.layout import RunFolder
from . import runs
from .erasing import parted
from .store import Store, Transaction

AT_ONCE = 5_000  # events in one transaction
END_STATE = {"run.finished": "succeeded", "run.failed": "failed", "run.cancelled": "cancelled"}


class DamagedLog(RuntimeError):
    """events.jsonl is not what a worker wrote."""


def ingest(store: Store, folder: RunFolder) -> int:
    """Take in what the worker has said since the last time; returns the number of new events.

    Raises DamagedLog with one line when a whole line is not the next event; what came before it is taken in.
    """
    total = 0
    known = store.rows("SELECT read_offset FROM runs WHERE run = ?", [folder.name])
    if not known or not _has_grown(folder, known[0]["read_offset"]):
        return 0
    while True:
        count, problem = store.write(lambda tx: _ingest_some(tx, folder))
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


def _ingest_some(tx: Transaction, folder: RunFolder) -> tuple[int, str | None]:
    row = tx.rows("SELECT read_offset, next_seq FROM runs WHERE run = ?", [folder.name])[0]
    offset, seq, count, problem = row["read_offset"], row["next_seq"], 0, None
    size = folder.events.stat().st_size if folder.events.exists() else 0
    if size < offset:
        return 0, f"{folder.events.name}: expected at least the {offset} bytes already read, found {size}"
    try:
        for event, end in islice(read_events(folder.events, offset), AT_ONCE):
            if event["seq"] != seq:
                problem = f"{folder.events.name}, byte {offset}: expected event {seq}, found {event['seq']}"
                break
            _take(tx, folder.name, event)
            offset, seq, count = end, seq + 1, count + 1
    except (ValueError, KeyError, TypeError) as error:
        problem = f"{folder.events.name}, byte {offset}: expected an event, found something else ({error})"
    if count:
        runs.update(tx, folder.name, read_offset=offset, next_seq=seq)
    return count, problem


def _take(tx: Transaction, run: str, event: dict[str, Any]) -> None:
    """Log one event and let it change the run's row. Raises TypeError or KeyError before it has changed anything."""
    kind, body, time = event["kind"], event["body"], event["time"]
    if not isinstance(body, dict):
        raise TypeError(f"the body of {kind} is no object")
    public, private = parted(kind, body)
    tx.log(
        kind,
        public,
        private=private,
        actor="worker",
        run=run,
        time=time,
        seq=event["seq"],
        key=event["key"],
        subjects=event["subjects"],
    )
    if kind == "run.started":
        tx.execute("UPDATE runs SET started = coalesce(started, ?) WHERE run = ?", [time, run])
    elif kind == "stage.started":
        runs.update(tx, run, stage=body.get("stage"))
    elif kind in END_STATE:
        runs.update(tx, run, state=END_STATE[kind], reason=body.get("reason"), ended=time)
