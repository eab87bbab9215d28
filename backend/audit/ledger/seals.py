"""A seal: the log's signature on the state of the tree after one commit, kept beside the root of that commit.

Every commit is sealed in its own transaction, so no crash leaves a root without one: a root beyond the last checkpoint
that bears none was written by somebody who does not hold the key. What a seal signs is no checkpoint: a copy of the
database gives nobody a note that a witness would take.
"""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .chain import Chain
from .checkpoints import Signed
from .ledger import Tree
from .notes import BadNote, Checkpoint, Note, Signature, SigningKey, VerifierKey, parse_note

TITLE = "ssl-workbench seal"


class Sealer:
    """Seals under one key; keeps what it sealed last."""

    def __init__(self, key: SigningKey):
        self.key, self.verifier = key, key.verifier
        self.newest: tuple[int, bytes, bytes] | None = None  # size, root, signature
        self._private = Ed25519PrivateKey.from_private_bytes(key.seed)

    def __call__(self, tree: Tree) -> bytes:
        """The signature (64 bytes) over this state of the tree."""
        signature = self._private.sign(text_of(self.key.name, tree.size, tree.root).encode())
        self.newest = (tree.size, tree.root, signature)
        return signature

    def note(self) -> str | None:
        """The newest seal as a signed note."""
        if self.newest is None:
            return None
        size, root, signature = self.newest
        signed = Signature(self.key.name, self.verifier.key_hash, signature)
        return str(Note(text_of(self.key.name, size, root), (signed,)))


def text_of(origin: str, size: int, root: bytes) -> str:
    return f"{TITLE}\n{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def holds(key: VerifierKey, size: int, root: bytes, signature: bytes) -> bool:
    """Did `key` seal the tree of `size` leaves under `root`?"""
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text_of(key.name, size, root).encode())
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def read_note(source: str, raw: bytes) -> Signed:
    """A seal that was kept as a note. Its `note` is signed as checkpoints are, its `checkpoint` the state it seals."""
    try:
        note = parse_note(raw.rstrip(b" \n") + b"\n")
        title, _, rest = note.text.partition("\n")
        if title != TITLE:
            raise BadNote("seal: expected its title")
        return Signed(source, Checkpoint.parse(rest), note)
    except BadNote as error:
        return Signed(source, None, None, str(error))


class Seals:
    """Holds the seals of the database against the roots that the leaves give. `of`: size -> signature."""

    def __init__(self, of: list[tuple[int, bytes]], own: VerifierKey | None):
        self.of, self.own = dict(of), own
        self.twice = len(self.of) < len(of)
        self._roots: dict[int, bytes] = {}
        self.agreed = 0  # leaves that the largest seal that holds covers

    def reached(self, tree: Tree) -> None:
        if tree.size in self.of:
            self._roots[tree.size] = tree.root

    def good(self, size: int, chain: Chain) -> bool:
        """Is the tree of this size sealed by the key that spoke for it then (the workspace's own, before any did)?"""
        first = chain.keys[0][1] if chain.keys else self.own
        key, root = chain.in_force(size) or first, self._roots.get(size)
        held = key is not None and root is not None and holds(key, size, root, self.of[size])
        self.agreed = max(self.agreed, size) if held else self.agreed
        return held
