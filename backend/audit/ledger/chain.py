"""Which key spoke for the ledger when, and which checkpoints it signed.

`key.created` names the first key, each `key.rotated` a successor, signed by the key before it. A checkpoint of n leaves
must be signed by the key that was the newest within those n leaves.
"""

from __future__ import annotations

import json

from .checkpoints import Signed
from .keys import successor
from .ledger import Leaf
from .notes import BadNote, VerifierKey, opened

CREATED, ROTATED = "key.created", "key.rotated"


class Chain:
    def __init__(self) -> None:
        self.keys: list[tuple[int, VerifierKey]] = []  # (leaf that named it, key)

    @property
    def newest(self) -> VerifierKey | None:
        return self.keys[-1][1] if self.keys else None

    def take(self, leaf: Leaf) -> str | None:
        """Follow one of the two kinds of event; returns what is wrong with it, or None."""
        try:
            body = json.loads(leaf.body)
            if leaf.kind == CREATED and self.keys:
                return "names a first key where the ledger has one"
            if leaf.kind == ROTATED and not self.keys:
                return "exchanges a key where the ledger has none"
            new = VerifierKey.parse(body["key"]) if leaf.kind == CREATED else successor(body["note"], self.newest)
        except (BadNote, ValueError, KeyError, TypeError, AttributeError) as error:
            return f"names no key that the one before it signed ({error})"
        self.keys.append((leaf.leaf, new))
        return None

    def in_force(self, size: int) -> VerifierKey | None:
        """The key that speaks for a ledger of `size` leaves."""
        return next((key for leaf, key in reversed(self.keys) if leaf < size), None)

    def judge(self, signed: Signed, own: VerifierKey | None, fits: bool) -> str | None:
        """What is wrong with the signature of a checkpoint, or None.

        own: the key that the workspace holds; it alone can speak against a ledger that its checkpoint does not fit,
        because the ledger lost its end or names another key.
        """
        if signed.checkpoint is None:
            return f"is no signed checkpoint ({signed.problem})"
        known = {self.in_force(signed.checkpoint.size), None if fits else own} - {None}
        try:
            opened(signed.note, known)
        except BadNote:
            return "is not signed by the key that spoke for the ledger then"
        if signed.checkpoint.origin not in {key.name for key in known}:
            return f"speaks of another ledger, {signed.checkpoint.origin[:80]}"
        return None
