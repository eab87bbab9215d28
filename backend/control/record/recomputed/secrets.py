"""Secrets beside the ledger (password hashes, sealed keys, tokens, addresses): each is one that an event commits to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ....audit.ledger.findings import Finding
from ....audit.ledger.ledger import Leaf
from ....audit.ledger.payloads import commitment
from ....workspace.layout import Workspace
from ...people.people_record import TOLD, commitments
from ..board import own
from ..reading import Snapshot
from ..sealing import KEEPS, begun
from ._told import at, beside
from .tables import recomputed

ROWS = "SELECT leaf, name, kind, salt, value FROM secrets ORDER BY leaf, kind"
WORDS = {"password": "password", "key": "sealed signing key", "token": "token", "email": "address"}


class Secrets:
    """Earlier versions did not commit to secrets; those are held to what the change-over found (sealing.py)."""

    kinds = frozenset({*TOLD, "run.submitted", "run.sealed"})

    def __init__(self, snapshot: Snapshot, workspace: Workspace):
        self._rows = snapshot.rows(ROWS) if recomputed(snapshot) else None
        self._found: list[Finding] = []
        self._said: dict[tuple[int, str], tuple[str | None, str]] = {}
        self._named: dict[int, str] = {}
        self._begun = False

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None:
        if not own(leaf):
            return
        self._begun = self._begun or begun(leaf.kind, body)
        self._named[leaf.leaf] = str(body.get("name"))
        if self._begun and leaf.kind in KEEPS and "kept" not in body:
            self._found.append(at(leaf, "secret", f"{leaf.kind} does not say which secrets it keeps"))
        try:
            self._said |= commitments(leaf.leaf, leaf.kind, body)
        except (KeyError, TypeError, AttributeError):
            self._found.append(at(leaf, "secret", f"{leaf.kind} does not say which secrets it keeps"))

    def findings(self) -> Iterable[Finding]:
        yield from self._found
        if self._rows is None:
            return
        there = set()
        for row in self._rows:
            place = row["leaf"], row["kind"]
            owner, said = self._said.get(place, (None, None))
            owner = owner or self._named.get(row["leaf"])
            fits = commitment(bytes(row["salt"]), row["value"]) == said and row["name"] == owner
            if not fits or place in there:
                how = "stands there twice" if fits else "is not the one that an event commits to"
                what = f"the {WORDS.get(row['kind'], 'secret')} of {ascii(row['name'])[1:-1][:64]}"
                yield beside("secret", f"{what} {how}: nobody gets in by it", row["leaf"])
            if fits:
                there.add(place)
        for leaf, kind in sorted(self._said.keys() - there):
            what = f"the {WORDS.get(kind, 'secret')} of {self._named.get(leaf, 'somebody')}"
            yield beside("secret", f"{what}, which an event commits to, is gone or another", leaf)
