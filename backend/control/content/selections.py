"""Saved selections as the ledger holds them: every saving is a new version of its name."""

from __future__ import annotations

import threading
from typing import Any

from ...workspace.rows import rows_sha256
from ..record.rows import AUTHENTIC, EVENT, EVENTS, event_of
from ..record.store import Store, Transaction

OF_RUN = f"FROM {EVENTS} WHERE run = ? AND kind = 'selection' AND {AUTHENTIC} ORDER BY leaf"
KEPT = f"SELECT {EVENT} {OF_RUN}"
STATE = f"SELECT leaf, payload IS NULL AS bare {OF_RUN}"
MOST_RUNS = 4  # whose selections stay in memory: a million rows are 40 MB


class Kept:
    """The newest selections of each run; read again only when one was added or erased, for they may hold a million
    rows and a page asks for them whenever a person does something."""

    def __init__(self, store: Store):
        self._store = store
        self._known: dict[str, tuple[list[Any], list[dict[str, Any]]]] = {}
        self._reading = threading.Lock()

    def of(self, run: str) -> list[dict[str, Any]]:
        """As `newest`; not to be written to."""
        with self._reading:
            state = self._store.rows(STATE, [run])
            before, found = self._known.pop(run, (None, []))
            if before != state:
                found = newest([event_of(row) for row in self._store.rows(KEPT, [run])])
            self._known[run] = (state, found)
            if len(self._known) > MOST_RUNS:
                self._known.pop(next(iter(self._known)))
        return found


def keep(tx: Transaction, run: str, checked: dict[str, Any], actor: str) -> dict[str, Any]:
    """Log a checked selection (specs.Selection) as the next version of its name; returns it as it is listed.

    The name may speak of people, so the ledger holds a commitment to it and it can be erased.
    """
    before = {one["name"]: one["version"] for one in newest([event_of(row) for row in tx.rows(KEPT, [run])])}
    public = {k: v for k, v in checked.items() if k != "name"}
    public |= {"version": before.get(checked["name"], 0) + 1, "rows_sha256": rows_sha256(checked["rows"])}
    leaf = tx.log("selection", public, actor=actor, run=run, private={"name": checked["name"]})
    return {**checked, **public, "run": run, "actor": actor, "leaf": leaf}


def newest(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last version of each name that was not erased, of a run's `selection` events in their order."""
    found: dict[str, dict[str, Any]] = {}
    for event in (event for event in events if not event.get("redacted")):
        body = event["body"]
        before = found.get(body["name"], {"version": 0})["version"]
        if "version" not in body:  # a record older than these fields
            body = {**body, "version": before + 1, "rows_sha256": rows_sha256(body["rows"])}
        found[body["name"]] = {**body, "run": event["run"], "actor": event["actor"], "leaf": event["leaf"]}
    return list(found.values())
