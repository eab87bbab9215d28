"""What is held against the leaves: signed checkpoints, seals, the roots that others vouch for, erasable payloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .chain import Chain
from .checkpoints import Signed
from .ledger import Leaf, Tree
from .notes import VerifierKey
from .payloads import Payload, commitment_of

REDACTED_KIND = "payload.redacted"


@dataclass(frozen=True)
class Mark:
    """A root that something else vouches for: a witness, a timestamp authority, an event; `source` says what."""

    size: int
    root: bytes
    source: str


@dataclass(frozen=True)
class Outside:
    """`payloads`, `seals` None: they are not at hand, and not asked for."""

    signed: Sequence[Signed] = ()
    own: VerifierKey | None = None  # the key that the workspace holds
    marks: Sequence[Mark] = ()
    payloads: Mapping[int, Payload] | None = None
    seals: Sequence[tuple[int, bytes]] | None = None  # size, signature
    pinned: VerifierKey | None = None  # the key that somebody was told, and asks for
    closed: bool = False  # the process that wrote the record has ended as it should


class Roots:
    """Compares the tree, as it was at their sizes, with checkpoints and marks."""

    def __init__(self, outside: Outside):
        self.outside = outside
        self.agreed = 0  # checkpoints that hold
        self.signed = 0  # leaves that the largest of them covers
        self._signed = [s for s in outside.signed if s.checkpoint is not None]
        self._at: dict[int, bytes | None] = dict.fromkeys([s.checkpoint.size for s in self._signed])
        self._at |= dict.fromkeys([m.size for m in outside.marks])
        if 0 in self._at:
            self._at[0] = Tree().root
        self.since: dict[int, str] = {}  # size that is asked about, or 0 -> the time of the leaf after it

    def comes(self, leaf: Leaf, size: int) -> None:
        """`leaf` is the next one behind the first `size`."""
        if size in self._at or not size:
            self.since[size] = leaf.time

    def reached(self, tree: Tree) -> None:
        if tree.size in self._at:
            self._at[tree.size] = tree.root

    def judge(self, chain: Chain, tree: Tree) -> Iterator[tuple[str, int | None, str]]:
        """(kind, leaf, line) of what does not agree; of other histories and of lost leaves one line each."""
        vouched, own = [], self.outside.own or self.outside.pinned
        for signed in self.outside.signed:
            fits = signed.checkpoint is not None and self._at[signed.checkpoint.size] == signed.checkpoint.root
            if wrong := chain.judge(signed, own, fits):
                yield "checkpoint", None, f"checkpoint {signed.source} {wrong}"
            else:
                vouched.append(Mark(signed.checkpoint.size, signed.checkpoint.root, f"checkpoint {signed.source}"))
        good = {mark.size for mark in vouched if self._at[mark.size] == mark.root}
        self.agreed, self.signed = len(good), max(good, default=0)
        differing = list(self._compare([*vouched, *self.outside.marks], tree.size))
        yield from differing
        if not differing and self.outside.own is not None and chain.newest not in (None, own):
            yield "key", chain.keys[-1][0], "the newest key of the ledger is not the one that the workspace holds"

    def _compare(self, marks: list[Mark], size: int) -> Iterator[tuple[str, int | None, str]]:
        good, forked = 0, None
        for mark in sorted(marks, key=lambda m: m.size):
            if self._at[mark.size] == mark.root:
                good = mark.size if forked is None else good
            elif mark.size <= size and forked is None:
                forked = mark
        if forked is not None:
            line = f"a leaf from {good} to {forked.size - 1} is not the one that {forked.source} vouches for"
            yield "forked", good, f"{line}: history was written anew"
        largest = max(marks, key=lambda m: m.size, default=None)
        if largest is not None and largest.size > size:
            lost = f"{largest.source} vouches for {largest.size} leaves, the ledger holds {size}"
            yield "rolled back", None, f"{lost}: its end was cut off, or an older database put in its place"


class Payloads:
    """Holds payloads against the commitments in the leaves; with none at hand only counts what was erased."""

    def __init__(self, payloads: Mapping[int, Payload] | None):
        self._payloads = payloads
        self._committed: dict[int, tuple[str | None, str]] = {}  # leaf -> run, commitment
        self.redacted: set[int] = set()

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None:
        if commitment := commitment_of(body):
            self._committed[leaf.leaf] = (leaf.run, commitment)
        if leaf.kind == REDACTED_KIND and isinstance(body.get("leaf"), int):
            self.redacted.add(body["leaf"])

    def wrong(self) -> Iterator[tuple[int, str | None, str]]:
        """(leaf, run, line) of payloads that are not what their leaves commit to."""
        if self._payloads is None:
            return
        for leaf, (run, commitment) in self._committed.items():
            payload = self._payloads.get(leaf)
            if payload is None and leaf not in self.redacted:
                yield leaf, run, "its private fields are gone, and no event says that they were erased"
            elif payload is not None and payload.commitment() != commitment:
                yield leaf, run, "its private fields were edited: they are not those that the leaf commits to"
            elif payload is not None and leaf in self.redacted:
                yield leaf, run, "its private fields are there, though an event says that they were erased"
        for leaf in sorted(self._payloads.keys() - self._committed.keys()):
            yield leaf, None, "has private fields that no leaf commits to"
