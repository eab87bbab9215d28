"""What people say of runs: another title, tags, a note, that one is put away. Nothing of a run goes with it.

Each saying is an event `run.labelled` and the board folds them (record/board.py). A note may speak of people: its leaf
commits to it, and it can be erased.
"""

from __future__ import annotations

from typing import Any

from ...workspace import plain
from ...workspace.layout import BadInput
from ..record.board import LABELLED
from ..record.rows import EVENT, EVENTS, event_of
from ..record.store import Store
from . import runs as run_rows

TITLE, TAG, NOTE = 120, 40, 2_000  # characters
TAGS = 20  # of one run


class Labels:
    def __init__(self, store: Store):
        self._store = store

    def set(
        self,
        run: str,
        title: str | None = None,
        tags: list[str] | None = None,
        note: str | None = None,
        archived: bool | None = None,
        actor: str = "local",
    ) -> dict[str, Any]:
        """Say something of a run; what is None stays as it was. An empty title is the recipe's again, an empty note
        takes the last one back. A data job can be archived and nothing else. Returns the run as it is listed. Raises
        NotFound, BadInput."""
        known = run_rows.one(self._store, run)
        more = (title, tags, note) != (None, None, None)
        if known["kind"] != "run" and (known["kind"] != "data" or more):
            raise BadInput(f"run {run}: expected a training run, found a job of the kind {known['kind']!r}")
        told = {
            "title": title if title is None else plain.line(title.strip(), "title", TITLE, 0),
            "tags": tags if tags is None else checked_tags(tags),
            "archived": archived if archived is None else bool(archived),
        }
        body = {name: value for name, value in told.items() if value is not None}
        private = None if note is None else {"note": plain.words(note.strip(), "note", NOTE)}
        if not body and private is None:
            raise BadInput("label: expected a title, tags, a note or whether it is archived, found nothing")
        self._store.write(lambda tx: tx.log(LABELLED, body, actor=actor, run=run, private=private))
        return run_rows.one(self._store, run)

    def notes(self) -> dict[str, str]:
        """{run: its note} of the runs that have one; one that was erased is none."""
        leaves = [run.noted for run in self._store.board.runs() if run.noted is not None]
        if not leaves:
            return {}
        marks = ", ".join("?" for _ in leaves)
        rows = self._store.rows(f"SELECT {EVENT} FROM {EVENTS} WHERE leaf IN ({marks})", leaves)
        events = [event for event in map(event_of, rows) if not event.get("redacted")]
        return {event["run"]: event["body"]["note"] for event in events if event["body"]["note"]}


def checked_tags(tags: Any) -> list[str]:
    """The tags without doubles, in their order. Raises BadInput."""
    if not isinstance(tags, list | tuple):
        raise BadInput(f"tags: expected a list of them, found {type(tags).__name__}")
    found = list(dict.fromkeys(plain.line(tag.strip() if isinstance(tag, str) else tag, "tag", TAG) for tag in tags))
    if len(found) > TAGS:
        raise BadInput(f"tags: expected at most {TAGS} of a run, found {len(found)}")
    return found
