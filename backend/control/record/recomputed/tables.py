"""The tables beside the ledger, against what the leaves tell: no row too many, none too few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ....audit.ledger.findings import Finding
from ....audit.ledger.ledger import Leaf
from ....workspace.layout import Workspace
from ..board import SUBMITTED, own
from ..reading import Snapshot
from ..sealing import BEGINNINGS, MIGRATION, begun
from ._told import at, beside, of_run

TWICE = "SELECT leaf, count(*) AS copies FROM payloads GROUP BY leaf HAVING count(*) > 1 ORDER BY leaf"


def recomputed(snapshot: Snapshot) -> bool:
    """Is the database past the change-over?"""
    return any(row["name"] == MIGRATION for row in snapshot.rows("SELECT name FROM migrations"))


class Form:
    """A database of an earlier form whose ledger says that it was past that form: put back, to be believed again."""

    kinds = frozenset(BEGINNINGS)

    def __init__(self, snapshot: Snapshot, workspace: Workspace):
        self._old, self._since = not recomputed(snapshot), None

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None:
        if self._since is None and own(leaf) and begun(leaf.kind, body):
            self._since = leaf

    def findings(self) -> Iterable[Finding]:
        if self._old and self._since is not None:
            line = "was written by a later version than the form of the database: an older form was put back"
            yield at(self._since, "foreign object", line)


class Payloads:
    """Private fields stand beside their leaf once. Whether they are the ones it commits to: audit/outside.py."""

    kinds = frozenset()

    def __init__(self, snapshot: Snapshot, workspace: Workspace):
        self._twice = snapshot.rows(TWICE)

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None: ...

    def findings(self) -> Iterable[Finding]:
        for row in self._twice:
            yield beside("payload", f"its private fields stand there {row['copies']} times", row["leaf"])


class Processes:
    """One row for every run that was asked for. What it holds (slot, handle, offset) is shown nowhere."""

    kinds = frozenset({SUBMITTED})

    def __init__(self, snapshot: Snapshot, workspace: Workspace):
        rows = snapshot.rows("SELECT run, read_offset FROM processes ORDER BY run") if recomputed(snapshot) else None
        self._rows = None if rows is None else Counter(row["run"] for row in rows)
        self._asked: dict[str | None, Leaf] = {}

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None:
        if own(leaf):
            self._asked.setdefault(leaf.run, leaf)

    def findings(self) -> Iterable[Finding]:
        if self._rows is None:
            return
        for run, copies in self._rows.items():
            if run not in self._asked:
                yield of_run(run[:80], "run", "nobody asked for it, though a process of it is listed")
            elif copies > 1:
                yield at(self._asked[run], "run", f"its process is listed {copies} times")
        for run, leaf in self._asked.items():
            if run not in self._rows:
                yield at(leaf, "run", "its process is not listed (any more)")
