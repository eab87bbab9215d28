"""The ledger: an append-only log whose leaves form the Merkle tree of RFC 9162, section 2.1.

A leaf is the canonical JSON (RFC 8785) of an event: its position, UTC time, actor, kind, run, sequence number in
the run, key, subjects (the digests of the files it speaks of) and body. Sums over positions need no stored tree:
the frontier, the roots of the complete subtrees from left to right, is enough to append and to know the root.

    MTH({})        = SHA-256()
    leaf hash      = SHA-256(0x00 || leaf)
    node hash      = SHA-256(0x01 || left || right)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import NamedTuple

WIDTH = 32  # bytes of a SHA-256


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class Tree:
    """A Merkle tree that only grows, kept as its size and frontier (at most 64 hashes)."""

    size: int = 0
    frontier: list[bytes] = field(default_factory=list)

    def append(self, hashed_leaf: bytes) -> None:
        """Add the leaf with this leaf hash: complete subtrees of equal size merge, as a binary counter carries."""
        node, carry = hashed_leaf, self.size
        while carry & 1:
            node, carry = node_hash(self.frontier.pop(), node), carry >> 1
        self.frontier.append(node)
        self.size += 1

    @property
    def root(self) -> bytes:
        if not self.frontier:
            return hashlib.sha256().digest()
        node = self.frontier[-1]
        for left in reversed(self.frontier[:-1]):
            node = node_hash(left, node)
        return node

    def copy(self) -> Tree:
        return Tree(self.size, list(self.frontier))

    def packed(self) -> bytes:
        """The frontier as bytes, left to right."""
        return b"".join(self.frontier)

    @classmethod
    def unpack(cls, size: int, packed: bytes) -> Tree:
        """The inverse of `packed`. Raises ValueError when the frontier does not fit the size."""
        if len(packed) != WIDTH * size.bit_count():
            raise ValueError(
                f"frontier of {size} leaves: expected {size.bit_count()} hashes, found {len(packed)} bytes"
            )
        return cls(size, [packed[i : i + WIDTH] for i in range(0, len(packed), WIDTH)])


class Root(NamedTuple):
    """A root that was kept after a commit, and what is kept beside it; None: not at hand."""

    size: int
    root: bytes
    frontier: bytes | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One event in the ledger. `subjects` and `body` are canonical JSON text, stored as they were hashed.

    `seq` counts the events of a run's worker from 0; it is None for what the server itself records, whose order
    the position alone gives.
    """

    leaf: int
    time: str
    actor: str
    kind: str
    run: str | None
    seq: int | None
    key: str | None
    subjects: str
    body: str

    def encode(self) -> bytes:
        """The canonical JSON of this leaf: keys in order, nothing between the tokens.

        `subjects` and `body` enter as they are, so a single changed byte in them changes the hash.
        """
        seq = "null" if self.seq is None else self.seq
        text = (
            f'{{"actor":{_json(self.actor)},"body":{self.body},"key":{_json(self.key)},"kind":{_json(self.kind)},'
            f'"leaf":{self.leaf},"run":{_json(self.run)},"seq":{seq},"subjects":{self.subjects},'
            f'"time":{_json(self.time)}}}'
        )
        return text.encode("utf-8")

    def hash(self) -> bytes:
        return leaf_hash(self.encode())


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes in order."""
    tree = Tree()
    for hashed in hashes:
        tree.append(hashed)
    return tree.root


def _json(value: str | None) -> str:
    """A string or null as RFC 8785 spells it, as Python's own encoder does where it keeps to Unicode."""
    return "null" if value is None else encode_basestring(value)
