"""Signs the ledger: every commit by a seal, its state by a checkpoint. Never what does not extend what was signed.

A seal (backend/audit/ledger/seals.py) is made inside the commit, on the writer thread. The first of a process rests on
a tree that is itself sealed or signed, which costs nothing; where it is not (a ledger of an earlier version), on
recomputing.

A checkpoint is a signed note of the tree's size and root. Before it is signed every leaf is hashed again from its body,
once a process, and the roots are held against everything that was ever signed: the files, the rows, the ledger's own
events, what was cosigned, and what lies beside the key. It is durable beside the key before anybody else sees it; then
come the file, the row and its own event, and the database's log is moved into its file.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...audit.ledger.chain import CREATED, ROTATED
from ...audit.ledger.checkpoints import Checkpoints, Signed, from_text, written_at
from ...audit.ledger.keys import LedgerKey, rotation_note, successor
from ...audit.ledger.ledger import Leaf, Tree
from ...audit.ledger.logged import KIND, Logged
from ...audit.ledger.notes import BadNote, Checkpoint, Note, SigningKey, VerifierKey, opened, sign_note
from ...audit.ledger.seals import Sealer, holds
from ...audit.ledger.signed_state import SignedState
from ...audit.witness.attestations import COSIGNED, cosigned_note
from ...workspace.events import now
from ...workspace.layout import BadInput
from .store import Store, Transaction

KEYS = f"SELECT leaf, kind, body FROM ledger WHERE kind IN ('{CREATED}', '{ROTATED}') ORDER BY leaf"
LOGGED = f"SELECT leaf, body FROM ledger WHERE kind = '{KIND}' ORDER BY leaf"
NEWS = "SELECT 1 FROM ledger WHERE leaf >= ? AND kind NOT LIKE 'checkpoint.%' LIMIT 1"
SEALED = "SELECT signature FROM seals WHERE size = ?"


class Signer:
    def __init__(self, store: Store, root: Path, kept: Checkpoints, key: LedgerKey):
        self._store, self._kept, self._key = store, kept, key
        self.state = SignedState(key, root)
        self.lock = threading.RLock()  # of checkpoints and keys; the writer thread never waits for it
        self._sealer: Sealer | None = None
        self._successor: Sealer | None = None  # seals from the commit on that names it
        self._begun, self._refused = False, ""
        self._tree = Tree()  # over the leaves as far as this process has hashed their bodies
        self._known: dict[int, bytes] | None = None  # every state that was signed: size -> root
        self._logged: list[Logged] = []
        store.sealer = self.seal

    def close(self) -> None:
        self.state.close()

    # Seals, on the writer thread

    def seal(self, tree: Tree) -> bytes | None:
        """The seal of a commit; None, with one alarm, where what is there does not go on from what was signed.

        Raises BadInput where the key is not at hand: a commit without a seal could not be told from a forged one.
        """
        self._begin()
        return self._sealer(tree) if self._sealer and not self._refused else None

    def committed(self, leaves: list[Leaf]) -> None:
        """The commit is durable: keep its seal beside the key, and seal with a new key from here on."""
        if self._successor and any(leaf.kind == ROTATED for leaf in leaves):
            self._sealer, self._successor = self._successor, None
        if leaves and self._sealer and not self._refused and (note := self._sealer.note()):
            try:
                self.state.seal(note)
            except OSError as problem:
                _alarm(f"the state beside the key cannot be kept: {problem}")

    def _begin(self) -> None:
        """Look, once, whether the tree that is appended to is one that was signed. Raises BadInput without the key."""
        if self._begun:
            return
        self._sealer = Sealer(self._own())
        self._begun = True
        try:
            self._goes_on()
        except (BadInput, OSError) as problem:
            self._refused = str(problem)
            _alarm(f"nothing is signed from here on: {problem}")

    def _goes_on(self) -> None:
        """Does the newest commit bear the key's signature, and is it the newest that was signed? Raises BadInput."""
        if self._store.alarm:
            raise BadInput(self._store.alarm)
        size, root = self._last_root()
        file = self._kept.newest(self._sealer.key.name)
        newest = [*self.state.signed(), *self.state.sealed(), *([file] if file else []), *self._rows(1)]
        self._must_be_signed(newest)
        for signed in newest:
            if (was := signed.checkpoint.size) > size:
                raise BadInput(f"{signed.source}: expected at least the {was} leaves that were signed, found {size}")
        if not size:
            return
        vouched = any((one.checkpoint.size, one.checkpoint.root) == (size, root) for one in newest)
        seals = [bytes(row["signature"]) for row in self._store.rows(SEALED, [size])]
        if vouched or any(holds(self._sealer.verifier, size, root, seal) for seal in seals):
            return
        if self._sealed_from() is not None:
            what = "was written by somebody who does not hold the key: it bears no seal"
            raise BadInput(f"{self._store.path}: the last commit, up to leaf {size - 1}, {what}")
        self._recompute()  # a ledger that began before there were seals

    def _sealed_from(self) -> int | None:
        """As backend/audit/ledger/kept_roots.py: the leaf from which on every commit is sealed."""
        for row in self._store.rows(KEYS):
            if row["kind"] == CREATED and json.loads(row["body"]).get("sealed") is True:
                return 0
        return next((row["leaf"] for row in self._store.rows(LOGGED)), None)

    # Checkpoints

    def checkpoint(self) -> bool:
        """Sign the ledger as it is now, where something was logged since the last time; was there anything to sign?

        Raises BadInput where the ledger does not contain what was signed before.
        """
        with self.lock:
            if not self._store.size:
                return False
            key = self._speaking()
            self._recompute()
            self._catch_up()
            if self.news():
                size, root = self._recompute()
                note = sign_note(Checkpoint(key.name, size, root).text(), key)
                try:
                    self.state.sign(note)  # before anybody sees it: what was signed is never forgotten
                except OSError as problem:
                    raise BadInput(f"{self._key.path}.signed: expected a file to be kept, found: {problem}") from None
                self._keep([(note, now())])
            return True

    def rotate(self, actor: str) -> dict[str, Any]:
        """Exchange the key: the old one signs the new one, which signs from then on. Returns {leaf, key}."""
        with self.lock:
            old, new = self._speaking(), self._key.prepare()
            body = {"note": rotation_note(old, new.verifier), "key": str(new.verifier)}

            def change(tx: Transaction) -> int:
                self._successor = tx.sealer = Sealer(new)
                return tx.log(ROTATED, body, actor=actor)

            leaf = self._store.write(change)
            self._key.settle(new.verifier)
        return {"leaf": leaf, "key": str(new.verifier)}

    def named(self) -> list[tuple[int, VerifierKey]]:
        """The keys that the ledger names: (leaf, key), oldest first."""
        found: list[tuple[int, VerifierKey]] = []
        for row in self._store.rows(KEYS):
            body = json.loads(row["body"])
            key = VerifierKey.parse(body["key"]) if row["kind"] == CREATED else successor(body["note"], found[-1][1])
            found.append((row["leaf"], key))
        return found

    def news(self) -> bool:
        """Was anything logged since the last checkpoint but what was said of it? Or each would bring about the next."""
        rows = self._store.rows(f"{LOGGED} DESC LIMIT 1")
        file = None if rows else self._kept.newest(self._own().name)
        last = json.loads(rows[0]["body"])["size"] if rows else file.checkpoint.size if file and file.checkpoint else 0
        return bool(self._store.rows(NEWS, [last]))

    def _keep(self, notes: list[tuple[Note, str]]) -> None:
        """The files, then their rows and events in one commit; what a checkpoint covers needs no seals any more."""
        for note, _ in notes:
            self._kept.write(note)

        def change(tx: Transaction) -> list[Logged]:
            told = []
            for number, (note, at) in enumerate(notes, self._logged[-1].number + 1 if self._logged else 1):
                checkpoint = Checkpoint.parse(note.text)
                told.append(Logged(tx.tree.size, number, checkpoint.size, checkpoint.root, at))
                tx.execute("DELETE FROM checkpoints WHERE size = ?", [checkpoint.size])
                tx.execute("INSERT INTO checkpoints VALUES (?, ?, ?)", [checkpoint.size, at, str(note)])
                tx.execute("DELETE FROM seals WHERE size <= ?", [checkpoint.size])
                tx.log(KIND, told[-1].body(), actor="server")
            return told

        told = self._store.write(change)
        self._logged += told
        self._known |= {one.size: one.root for one in told}
        self._store.compact()

    def _catch_up(self) -> None:
        """Log what was signed and not logged: by an earlier version, or when a process was killed in between."""
        last = self._logged[-1].size if self._logged else 0
        found = [*self.state.signed(), *self._kept.read(self._own().name, beyond=last)]
        behind = {one.checkpoint.size: one.note for one in found if one.checkpoint and one.checkpoint.size > last}
        rows = self._store.rows("SELECT size, time FROM checkpoints WHERE size > ?", [last])
        times = {row["size"]: row["time"] for row in rows}
        if behind:
            self._keep([(note, times.get(size) or self._written(note)) for size, note in sorted(behind.items())])

    def _written(self, note: Note) -> str:
        path = self._kept.path(Checkpoint.parse(note.text))
        return written_at(path) if path.exists() else now()

    def _recompute(self) -> tuple[int, bytes]:
        """Hash the bodies of all leaves that this process has not hashed yet; (size, root) of the whole.

        Raises BadInput where they do not give what was signed of them, or what was kept as their root.
        """
        if self._known is None:
            self._known, self._logged = self._everything()
        size, root = self._last_root()
        tree = self._tree.copy()
        for leaf in self._store.leaves(tree.size, size):
            tree.append(leaf.hash())
            if self._known.get(tree.size, tree.root) != tree.root:
                line = f"expected the history that was signed over {tree.size} leaves, found another history"
                raise BadInput(f"{self._store.path}: {line}")
        if (tree.size, tree.root) != (size, root):
            line = f"expected leaves that give the root kept over {size} of them, found others: they were edited"
            raise BadInput(f"{self._store.path}: {line}")
        if (largest := max(self._known, default=0)) > size:
            raise BadInput(f"{self._store.path}: expected at least the {largest} leaves that were signed, found {size}")
        self._tree = tree
        return size, root

    def _everything(self) -> tuple[dict[int, bytes], list[Logged]]:
        """All states that were ever signed, by size, and the checkpoints that the ledger tells of."""
        logged = [Logged.read(row["leaf"], json.loads(row["body"])) for row in self._store.rows(LOGGED)]
        own = self._own().verifier
        notes = [*self._kept.read(own.name), *self._rows(), *self.state.signed(), *self.state.sealed()]
        cosigned = [(path.name, cosigned_note(path)) for path in self._kept.paths(own.name, COSIGNED)]
        notes += [from_text(name, str(note)) for name, note in cosigned if note]
        known = {one.size: one.root for one in logged}
        self._must_be_signed(notes)
        for signed in notes:
            size, root = signed.checkpoint.size, signed.checkpoint.root
            if known.setdefault(size, root) != root:
                raise BadInput(f"{signed.source}: expected the root that was signed, found another over {size} leaves")
        return known, logged

    def _rows(self, most: int = -1) -> Iterator[Signed]:
        limit = f"LIMIT {int(most)}" if most >= 0 else ""
        for row in self._store.rows(f"SELECT size, note FROM checkpoints ORDER BY size DESC {limit}"):
            yield from_text(f"{row['size']} in the database", row["note"])

    def _last_root(self) -> tuple[int, bytes]:
        rows = self._store.rows("SELECT size, root FROM roots ORDER BY size DESC LIMIT 1")
        return (rows[0]["size"], rows[0]["root"]) if rows else (0, Tree().root)

    # The key

    def _own(self) -> SigningKey:
        """The key that signs; made where neither the ledger names one nor there is one. Raises BadInput."""
        named = self.named()
        if not named:
            return self._key.read_or_make()
        self._key.settle(named[-1][1])
        key, wanted = self._key.read(), named[-1][1]
        if key is None or key.verifier != wanted:
            found = "another" if key else "none"
            raise BadInput(f"{self._key.path}: expected the key that the ledger names, {wanted}, found {found}")
        return key

    def _speaking(self) -> SigningKey:
        """The key that signs, named in the ledger. Raises BadInput where nothing may be signed."""
        self._store.write(lambda tx: self._begin())
        if self._refused:
            raise BadInput(self._refused)
        key = self._own()
        if not self.named():
            body = {"key": str(key.verifier), "sealed": True}
            self._store.write(lambda tx: tx.log(CREATED, body, actor="server"))
        return key

    def _must_be_signed(self, notes: list[Signed]) -> None:
        """Raises BadInput."""
        keys = [self._own().verifier, *(key for _, key in self.named())]
        for signed in notes:
            if signed.checkpoint is None:
                raise BadInput(f"{signed.source}: expected a checkpoint, found none ({signed.problem})")
            try:
                opened(signed.note, keys)
            except BadNote:
                raise BadInput(f"{signed.source}: expected a signature of this ledger's key, found none") from None


def _alarm(problem: str) -> None:
    print(f"ALARM checkpoint: {problem}", file=sys.stderr, flush=True)
