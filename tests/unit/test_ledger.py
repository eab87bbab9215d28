"""The Merkle tree against published roots, and the leaf's encoding against RFC 8785."""

import hashlib
import json

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.audit.ledger.canonical import body_of, canonical
from backend.audit.ledger.ledger import Leaf, Tree, leaf_hash, node_hash, root_of
from backend.workspace.layout import BadInput

# The eight leaves and the roots over the first n of them of the Certificate Transparency reference tests.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("n", range(1, 9))
def test_published_roots(n):
    assert root_of(leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:n]).hex() == ROOTS[n - 1]


def test_the_empty_tree_is_the_hash_of_nothing():
    assert Tree().root == hashlib.sha256(b"").digest()


def recursive_root(hashes):
    """MTH as RFC 9162 section 2.1.1 writes it down."""
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(recursive_root(hashes[:k]), recursive_root(hashes[k:]))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_frontier_gives_the_recursive_root_and_survives_packing(hashes):
    tree = Tree()
    for hashed in hashes:
        tree = Tree.unpack(tree.size, tree.packed())
        tree.append(hashed)
    assert tree.root == recursive_root(hashes)


def test_unpack_refuses_a_frontier_of_another_size():
    with pytest.raises(ValueError, match="expected 1 hashes"):
        Tree.unpack(8, bytes(64))


def test_a_copy_grows_alone():
    tree = Tree()
    tree.append(bytes(32))
    copy = tree.copy()
    copy.append(bytes(32))
    assert (tree.size, copy.size) == (1, 2)
    assert tree.root != copy.root


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(text, v, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(text, text, st.none() | text, st.none() | st.integers(0, 10**9), st.none() | text, st.dictionaries(text, values))
def test_the_encoding_is_the_canonical_json_of_the_event(actor, kind, run, seq, key, body):
    subjects = [{"role": "images", "sha256": "ab" * 32, "type": "json", "bytes": 3}]
    leaf = Leaf(7, "2026-01-01T00:00:00.000000Z", actor, kind, run, seq, key, canonical(subjects), canonical(body))
    event = {"leaf": 7, "time": leaf.time, "actor": actor, "kind": kind, "run": run, "seq": seq, "key": key}
    assert leaf.encode() == rfc8785.dumps({**event, "subjects": subjects, "body": body})


def test_a_body_without_canonical_form_is_refused_and_one_that_was_kept_as_text_is_read():
    with pytest.raises(BadInput, match=r"^metrics\.n: expected an integer within"):
        canonical({"n": 2**60}, "metrics")
    kept = canonical({"note": "kept as text: IntegerDomainError", "text": json.dumps({"n": 2**60, "s": "a\ud800b"})})
    assert body_of(kept) == {"n": 2**60, "s": "a\ufffdb"}
