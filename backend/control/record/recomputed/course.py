"""The course of every run: asked for once, nothing after its end, its files sealed after it.

One that failed or was cancelled may be taken up again, which the server itself says: from then on it has not ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ....audit.ledger.findings import Finding
from ....audit.ledger.ledger import Leaf
from ....workspace.layout import Workspace
from ...runs.states import ENDED
from ..board import AGAIN, END_STATE, REGISTERED, SEALED, STATE, SUBMITTED, own
from ..reading import Snapshot
from ._told import at

TURNS = {*END_STATE, REGISTERED}  # what a worker says that changes the course of its run


class Course:
    kinds = None

    def __init__(self, snapshot: Snapshot, workspace: Workspace):
        self._found: list[Finding] = []
        self._asked: dict[str, tuple[str, str]] = {}  # run -> its kind, the data set that it is about
        self._ended: dict[str, str] = {}  # run -> its state
        self._sealed: set[str] = set()
        self._data: set[str] = set()

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None:
        if leaf.run is None:
            return
        if own(leaf):
            self._server(leaf, body)
        elif leaf.run in self._ended or leaf.kind in TURNS:
            self._worker(leaf, body)

    def findings(self) -> Iterable[Finding]:
        return self._found

    def _server(self, leaf: Leaf, body: dict[str, Any]) -> None:
        run, kind = leaf.run, leaf.kind
        if kind == SUBMITTED and run in self._asked:
            self._found.append(at(leaf, "run", "the run is asked for a second time"))
        elif kind == SUBMITTED:
            self._asked[run] = (str(body.get("kind")), str(body.get("dataset")))
        elif kind == STATE:
            if run in self._ended:
                self._found.append(at(leaf, "after the end", f"the run had ended and becomes {body.get('state')}"))
            elif body.get("state") in ENDED:
                self._ended[run] = body["state"]
        elif kind == AGAIN:
            if self._ended.pop(run, "succeeded") == "succeeded" or run not in self._sealed:
                self._found.append(at(leaf, "run", "it is taken up again without having failed or been cancelled"))
            self._sealed.discard(run)
        elif kind == SEALED:
            if run in self._sealed or run not in self._ended:
                self._found.append(at(leaf, "run", "its files are sealed a second time, or before its end"))
            self._sealed.add(run)

    def _worker(self, leaf: Leaf, body: dict[str, Any]) -> None:
        if leaf.run in self._ended:
            self._found.append(at(leaf, "after the end", f"{leaf.kind} comes after the end of its run"))
        if leaf.kind in END_STATE:
            self._ended[leaf.run] = END_STATE[leaf.kind]
        if leaf.kind == REGISTERED and leaf.run in self._asked:
            name = str(body.get("name"))
            if ("data", name) != self._asked[leaf.run] or name in self._data:
                line = f"registers the data set {name[:80]}, which is not what its run is about, or is there already"
                self._found.append(at(leaf, "run", line))
            self._data.add(name)
