"""A worker speaks in its own name alone: of no people, keys, reviews or states of the record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ....audit.ledger.findings import Finding
from ....audit.ledger.ledger import Leaf
from ....workspace.kinds import WORKER, of_server
from ....workspace.layout import Workspace
from ..board import SUBMITTED, own
from ..reading import Snapshot
from ..sealing import begun
from ._told import at

NONE: frozenset[str] = frozenset()


class Workers:
    """Before the change-over (sealing.py) workers could write any kind; of those only the server's are named."""

    kinds = None

    def __init__(self, snapshot: Snapshot, workspace: Workspace):
        self._found: list[Finding] = []
        self._allowed: dict[str | None, frozenset[str]] = {}  # run -> kinds of event
        self._begun = False

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None:
        if leaf.kind in self._allowed.get(leaf.run, NONE) and leaf.seq is not None and leaf.actor == "worker":
            return  # nearly all of them
        if own(leaf):
            self._begun = self._begun or begun(leaf.kind, body)
            if leaf.kind == SUBMITTED:
                self._allowed.setdefault(leaf.run, WORKER.get(body.get("kind"), frozenset()))
            return
        if of_server(leaf.kind):
            self._found.append(at(leaf, "authority", f"{leaf.kind} is the server's to say, and a worker said it"))
        elif leaf.seq is None or leaf.actor != "worker":
            line = f"{leaf.kind} comes neither from the server nor as a numbered event of a worker"
            self._found.append(at(leaf, "authority", line))
        elif self._begun and leaf.kind not in self._allowed.get(leaf.run, (leaf.kind,)):
            self._found.append(at(leaf, "authority", f"{leaf.kind} is no event that the worker of this run may write"))

    def findings(self) -> Iterable[Finding]:
        return self._found
