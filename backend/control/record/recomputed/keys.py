"""Signing keys that the server holds for people, against the public keys that the events name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ....audit.ledger.findings import Finding
from ....audit.ledger.ledger import Leaf
from ....workspace.layout import BadInput, Workspace
from ...people import signing
from ..board import own
from ..reading import Snapshot
from ._told import at


class Keys:
    kinds = frozenset({"user.added", "user.key"})

    def __init__(self, snapshot: Snapshot, workspace: Workspace):
        self._folder = workspace.root / "people"
        self._held: dict[str, tuple[Leaf, str]] = {}

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None:
        if own(leaf) and body.get("held") == signing.SERVER:
            self._held[str(body.get("name"))] = (leaf, str(body.get("key")))

    def findings(self) -> Iterable[Finding]:
        for name, (leaf, public) in self._held.items():
            try:
                found = signing.public_of(signing.kept(self._folder, name))
            except BadInput:
                found = None
            if found != public:
                how = "gone or none" if found is None else "another than the one that the event names"
                yield at(leaf, "key", f"the signing key of {name[:64]}, which the server holds, is {how}")
