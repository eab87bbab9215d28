"""Proofs of RFC 9162: every honest one is accepted, every kind of crooked one is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.audit.ledger.ledger import leaf_hash, root_of
from backend.audit.ledger.proofs import Nodes, check_consistency, check_inclusion

HASHES = [leaf_hash(bytes([i])) for i in range(130)]
NODES = Nodes(HASHES)
sizes = st.integers(1, 130)


def test_roots_of_every_size():
    assert [NODES.root(n) for n in range(131)] == [root_of(HASHES[:n]) for n in range(131)]


def test_growing_in_steps_gives_the_same_nodes():
    grown = Nodes()
    for start in range(0, 130, 7):
        grown.extend(HASHES[start : start + 7])
    assert grown.levels == NODES.levels


def test_the_example_of_the_standard():
    """Section 2.1.5: the tree of seven leaves with nodes a to f, g to j, k, l."""
    a, b, c, d, e, f, j = HASHES[:7]
    node = Nodes([a, b, c, d, e, f, j])
    g, h, i = (Nodes(pair).root() for pair in ((a, b), (c, d), (e, f)))
    k, left = Nodes([a, b, c, d]).root(), Nodes([e, f, j]).root()
    assert node.inclusion(0) == [b, h, left]
    assert node.inclusion(3) == [c, g, left]
    assert node.inclusion(4) == [f, j, k]
    assert node.inclusion(6) == [i, k]
    assert node.consistency(3) == [c, d, g, left]
    assert node.consistency(4) == [left]
    assert node.consistency(6) == [i, j, k]


@given(sizes, st.integers(0, 129))
def test_inclusion(size, index):
    index %= size
    proof, root = NODES.inclusion(index, size), NODES.root(size)
    assert len(proof) <= (size - 1).bit_length()
    assert check_inclusion(HASHES[index], index, size, proof, root)
    assert not check_inclusion(HASHES[index], (index + 1) % size, size, proof, root) or size == 1
    assert not check_inclusion(leaf_hash(b"other"), index, size, proof, root)
    assert not check_inclusion(HASHES[index], index, size, [*proof, bytes(32)], root)
    assert not check_inclusion(HASHES[index], size, size, proof, root)
    assert not check_inclusion(HASHES[index], -1, size, proof, root)
    if proof:
        assert not check_inclusion(HASHES[index], index, size, proof[:-1], root)
        assert not check_inclusion(HASHES[index], index, size, [], root)
        assert not check_inclusion(HASHES[index], index, size, [proof[0] + b"x", *proof[1:]], root)


@given(sizes, sizes)
def test_consistency(first, second):
    first, second = sorted((first, second))
    proof, old, new = NODES.consistency(first, second), NODES.root(first), NODES.root(second)
    assert len(proof) <= (second - 1).bit_length() + 1
    assert check_consistency(first, second, old, new, proof)
    assert not check_consistency(first, second, old, new, [*proof, bytes(32)])
    assert not check_consistency(first, second, leaf_hash(b"fork"), new, proof)
    assert not check_consistency(first, second, old, leaf_hash(b"fork"), proof)
    if first < second:
        assert not check_consistency(second, first, new, old, proof)
        assert not check_consistency(first, second, new, old, proof)
        assert not check_consistency(first, second, old, new, [])
        assert not check_consistency(first, second, old, new, proof[:-1])
        assert not check_consistency(0, second, old, new, proof)


@given(sizes, sizes, st.integers(0, 10**6), st.integers(0, 255))
def test_no_changed_byte_of_a_proof_is_accepted(first, second, place, flip):
    first, second = sorted((first, second))
    proof = NODES.consistency(first, second)
    if not proof or not flip:
        return
    packed = bytearray(b"".join(proof))
    packed[place % len(packed)] ^= flip
    crooked = [bytes(packed[i : i + 32]) for i in range(0, len(packed), 32)]
    assert not check_consistency(first, second, NODES.root(first), NODES.root(second), crooked)


def test_the_empty_tree_is_a_beginning_of_every_tree():
    assert check_consistency(0, 5, NODES.root(0), NODES.root(5), [])
    assert not check_consistency(0, 5, NODES.root(1), NODES.root(5), [])
    assert check_consistency(0, 0, NODES.root(0), NODES.root(0), [])


@pytest.mark.parametrize(
    "call", [lambda: NODES.inclusion(5, 5), lambda: NODES.consistency(6, 5), lambda: NODES.root(131)]
)
def test_what_the_tree_does_not_hold_is_refused(call):
    with pytest.raises(ValueError, match="expected one from 0"):
        call()
