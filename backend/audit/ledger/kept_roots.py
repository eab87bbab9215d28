"""The roots that were kept after every commit, and what stands beside them: frontier, time and seal.

A root up to the last checkpoint follows from the leaves that the checkpoint covers, so recomputing is enough. One
beyond it must be sealed (seals.py): otherwise whoever has the database alone could go on writing the ledger. Ledgers
that began before there were seals are held to it from their first logged checkpoint on (logged.py); those that began
later say so in the event that names their first key, which every checkpoint covers.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from .chain import CREATED, Chain
from .ledger import Leaf, Root, Tree
from .logged import KIND
from .seals import Seals

Found = tuple[str, int | None, str]  # kind of finding, leaf, line


class KeptRoots:
    def __init__(self, roots: list[Root]):
        self.roots = roots
        self._next, self._good, self._agree = 0, 0, True
        self._untimely: list[int] = []  # sizes whose time is not that of their last leaf
        self._from: int | None = None  # leaf from which on every commit is sealed
        self._said: set[str] = set()

    @property
    def recorded(self) -> int:
        """Leaves that the largest root speaks of."""
        return self.roots[-1].size if self.roots else 0

    def read(self, leaf: Leaf, body: dict[str, Any]) -> None:
        """Does this event say from where on every commit is sealed?"""
        if self._from is None and leaf.kind == CREATED and body.get("sealed") is True:
            self._from = 0
        elif self._from is None and leaf.kind == KIND:
            self._from = leaf.leaf

    def reached(self, tree: Tree, leaf: Leaf) -> Iterator[Found]:
        """Compare with every root kept at this size; `leaf` is the last one of the tree."""
        while self._next < len(self.roots) and self.roots[self._next].size <= tree.size:
            root, before = self.roots[self._next], self.roots[self._next - 1] if self._next else None
            self._next += 1
            if before and before.size == root.size:
                yield from self._once("twice", root.size - 1, f"a root over {root.size} leaves is kept twice")
            if (root.size, root.root) != (tree.size, tree.root):
                if self._agree:
                    line = f"the root over {root.size} leaves is not the one recorded: changed with its hash, or put in"
                    yield "root", self._good, f"a leaf from {self._good} to {root.size - 1}: {line}"
                self._agree = False
                continue
            self._good = root.size
            if root.frontier not in (None, tree.packed()):
                line = (
                    f"the frontier beside the root over {root.size} leaves is another: the server would go on from it"
                )
                yield from self._once("frontier", root.size - 1, line)
            if root.time not in (None, leaf.time):
                self._untimely.append(root.size)

    def ends(self, size: int) -> Iterator[Found]:
        if self.recorded > size:
            line = f"{self.recorded - size} leaves are missing at the end: {self.recorded} recorded, {size} found"
            yield "truncated", None, line
        elif self.recorded < size:
            yield "root", self.recorded, f"no root covers leaves {self.recorded} to {size - 1}"

    def times(self) -> Iterator[Found]:
        """Times beside roots; earlier versions kept the moment of the commit there, which nothing tells again."""
        wrong = [size for size in self._untimely if self._from is not None and size > self._from]
        if wrong:
            line = f"the time beside the root over {wrong[0]} leaves is not that of its last leaf"
            yield "root", wrong[0] - 1, line

    def unsealed(self, seals: Seals, chain: Chain, signed: int, size: int) -> Iterator[Found]:
        """What nobody who holds the key has signed, by a checkpoint over `signed` leaves or by a seal."""
        for sealed in sorted(seals.of):
            if not seals.good(sealed, chain):
                line = f"the seal of the first {sealed} leaves does not hold: made over another history, or put in"
                yield "unsigned", None, line
                return
        if seals.twice:
            yield "unsigned", None, "a commit is sealed twice: a seal was put in"
        beyond = [0, *(root.size for root in self.roots if root.size <= size)]
        for before, root in pairwise(beyond):
            if root > signed and root not in seals.of and self._from is not None and root > self._from:
                until = "" if root == before + 1 else f", like those up to leaf {root - 1}"
                line = f"was written by somebody who does not hold the key{until}: no checkpoint and no seal covers it"
                yield "unsigned", before, line
                return
        if size and not signed and seals.agreed < size:
            yield "unsigned", None, f"nobody who holds a key of this ledger has signed any of its {size} leaves"

    def _once(self, what: str, leaf: int, line: str) -> Iterator[Found]:
        if what not in self._said:
            self._said.add(what)
            yield "root", leaf, line
