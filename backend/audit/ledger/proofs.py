"""Inclusion and consistency proofs of RFC 9162, sections 2.1.3 and 2.1.4.

A proof is a list of 32-byte hashes, at most ceil(log2(size)) of them, one more for consistency. Making one needs the
tree (`Nodes`); checking one needs nothing but the proof, the sizes and the roots.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .ledger import WIDTH, Tree, node_hash


class Nodes:
    """The roots of all complete subtrees, level by level: 64 bytes a leaf, and every proof in microseconds.

    `levels[h][i]` (32 bytes each) covers the leaves from i * 2**h to (i + 1) * 2**h - 1.
    """

    def __init__(self, leaf_hashes: Iterable[bytes] = ()):
        self.levels: list[bytearray] = [bytearray()]
        self.extend(leaf_hashes)

    @property
    def size(self) -> int:
        return len(self.levels[0]) // WIDTH

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaves at the end, then every subtree that they complete."""
        for hashed in leaf_hashes:
            self.levels[0] += hashed
        for height, level in enumerate(self.levels):
            if len(level) < 2 * WIDTH:
                break
            if height + 1 == len(self.levels):
                self.levels.append(bytearray())
            above = self.levels[height + 1]
            for at in range(2 * len(above), len(level) - 2 * WIDTH + 1, 2 * WIDTH):
                above += node_hash(level[at : at + WIDTH], level[at + WIDTH : at + 2 * WIDTH])

    def root(self, size: int | None = None) -> bytes:
        """The root of the tree as it was at `size` leaves."""
        size = self._checked(self.size if size is None else size)
        return self._over(0, size) if size else Tree().root

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """PATH(index, D[0:size]), the sibling next to the leaf first. Raises ValueError for a leaf beyond `size`."""
        size = self._checked(self.size if size is None else size)
        if not 0 <= index < size:
            raise ValueError(f"leaf: expected one from 0 to {size - 1}, found {index}")
        start, end, path = 0, size, []
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._over(middle, end))
                end = middle
            else:
                path.append(self._over(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, first: int, second: int | None = None) -> list[bytes]:
        """PROOF(first, D[0:second]). Empty where `first` is 0 or `second`. Raises ValueError where first > second."""
        second = self._checked(self.size if second is None else second)
        if not 0 <= first <= second:
            raise ValueError(f"first size: expected one from 0 to {second}, found {first}")
        if first in (0, second):
            return []
        start, end, whole, proof = 0, second, True, []
        while end - start > 1 and first != end:
            middle = start + _split(end - start)
            if first <= middle:
                proof.append(self._over(middle, end))
                end = middle
            else:
                proof.append(self._over(start, middle))
                start, whole = middle, False
        return ([] if whole else [self._over(start, end)]) + proof[::-1]

    def _checked(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise ValueError(f"size: expected one from 0 to {self.size}, found {size}")
        return size

    def _over(self, start: int, end: int) -> bytes:
        """The root over leaves start to end - 1, a range as the definitions cut them (start is aligned)."""
        count = end - start
        if count & (count - 1) == 0:
            at = (start // count) * WIDTH
            return bytes(self.levels[count.bit_length() - 1][at : at + WIDTH])
        middle = start + _split(count)
        return node_hash(self._over(start, middle), self._over(middle, end))


def check_inclusion(hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Is the leaf with this leaf hash at `index` of the tree of `size` leaves under `root`? (section 2.1.3.2)"""
    if not 0 <= index < size or not _hashes(hashed, root, *proof):
        return False
    node, last, found = index, size - 1, hashed
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def check_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Is the tree of `second` leaves the tree of `first` leaves with more added? (section 2.1.4.2)"""
    if not 0 <= first <= second or not _hashes(first_root, second_root, *proof):
        return False
    if first == second:
        return first_root == second_root and not proof
    if first == 0:
        return first_root == Tree().root and not proof
    if not proof:
        return False
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and (old, new) == (first_root, second_root)


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _hashes(*values: bytes) -> bool:
    return all(isinstance(value, bytes) and len(value) == WIDTH for value in values)
