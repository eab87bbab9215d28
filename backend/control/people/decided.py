"""A check of reviews: every decision is signed by the key that its reviewer had when it was logged.

Whoever holds the ledger's key can append a decision in anybody's name, but not sign it: a reviewer's key opens with
their password alone. Pages show such a decision as void (reviews.py); verification names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...audit.ledger.canonical import canonical
from ...audit.ledger.findings import Finding
from ...audit.ledger.ledger import Leaf
from . import signing

KEYS = ("user.added", "user.password", "user.key")  # events that name a person's public key
DECIDED = "review.decided"


class Decisions:
    kinds = frozenset({*KEYS, DECIDED})

    def __init__(self, *_: Any) -> None:
        self._keys: dict[str, str] = {}  # name -> public key, as of now
        self._wrong: list[Finding] = []

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None:
        if leaf.kind in KEYS:
            if isinstance(body.get("name"), str) and isinstance(body.get("key"), str):
                self._keys[body["name"]] = body["key"]
        elif "statement" in body and (wrong := self._judge(leaf, body)):
            where = f"leaf {leaf.leaf}" + (f", run {leaf.run}" if leaf.run else "")
            self._wrong.append(Finding(leaf.leaf, leaf.run, "review", f"{where}: {wrong}"))

    def findings(self) -> Iterator[Finding]:
        yield from self._wrong

    def _judge(self, leaf: Leaf, body: dict[str, Any]) -> str | None:
        statement, key = body["statement"], body.get("key")
        if not isinstance(statement, dict) or statement.get("by") != leaf.actor:
            return f"a decision in the name of {leaf.actor} that somebody else's statement stands in"
        if key is None or key != self._keys.get(leaf.actor):
            return f"a decision in the name of {leaf.actor}, signed with a key that {leaf.actor} did not have then"
        try:
            fits = signing.signed_by(key, canonical(statement).encode(), body.get("signature"))
        except ValueError:
            fits = False
        return None if fits else f"a decision in the name of {leaf.actor} whose signature does not fit"
