"""The trail: what is done with the ledger as a whole. Checkpoints, verification, export, erasure, retention, keys.

Each checkpoint is a signed note of the tree's size and root, written into a folder outside the database, then into the
database: after every run's end, every few minutes in which something was logged, and at the end of the process. None
is signed over a ledger that does not contain what the last one signed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..audit import retention
from ..audit.chain import CREATED, ROTATED
from ..audit.checkpoints import Checkpoints, Signed, from_text, written_at
from ..audit.keys import LedgerKey, rotation_note, successor
from ..audit.ledger import Tree
from ..audit.notes import Checkpoint, SigningKey, VerifierKey, sign_note
from ..audit.outside import REDACTED_KIND, Outside
from ..audit.payloads import commitment_of
from ..audit.proofs import Nodes
from ..audit.verify import Finding, Report, verify
from ..audit.vouched import Vouched, kept_beside
from ..workspace.artefacts import Artefacts, digest_file
from ..workspace.events import now
from ..workspace.layout import BadInput, Workspace
from .erasing import blank
from .reading import Snapshot, StoreDamaged
from .runs import NotFound
from .states import ENDED
from .store import Store, Transaction
from .verification import checks

if TYPE_CHECKING:
    from .attestor import Attestor

MINUTES = "WORKBENCH_CHECKPOINT_MINUTES"
EVERY = 10.0  # minutes between checkpoints where nothing else asks for one
RUN_ENDS = {"run.finished", "run.failed", "run.cancelled"}
KEYS = f"SELECT leaf, kind, body FROM ledger WHERE kind IN ('{CREATED}', '{ROTATED}') ORDER BY leaf"
NEWS = "SELECT 1 FROM ledger WHERE leaf >= ? AND kind NOT LIKE 'checkpoint.%' LIMIT 1"


class Trail:
    def __init__(self, store: Store, workspace: Workspace):
        self.store, self.workspace = store, workspace
        self.artefacts = Artefacts(workspace.artefacts)
        self.kept = Checkpoints(workspace.root)
        self.attestor: Attestor | None = None  # set by the one that asks witnesses and the timestamp authority
        self._key = LedgerKey(workspace.root)
        self._lock = threading.Lock()
        self._wake, self._end = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._every = 60 * _minutes()
        store.after_commit = self._committed

    # Checkpoints

    def start(self) -> None:
        """Write checkpoints by itself from now on."""
        self._thread = threading.Thread(target=self._loop, name="checkpoints", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """The last checkpoint of this process; must come before the store is closed."""
        if self._end.is_set():
            return
        self._end.set()
        self._wake.set()
        if self._thread:
            self._thread.join()
        self._checkpoint_or_say()

    def checkpoint(self) -> dict[str, Any] | None:
        """Sign the tree as it is now: {size, time, path, key}; None while the ledger is empty.

        Raises BadInput where the ledger does not contain what an earlier checkpoint signed.
        """
        with self._lock:
            if not self.store.size:
                return None
            key = self._speaking()
            size, root = self._last_root()
            newest = self.kept.newest(key.name)
            self._must_contain(newest, size)
            if newest is None or newest.checkpoint.size < size:
                note = sign_note(Checkpoint(key.name, size, root).text(), key)
                self.kept.write(note)
                values = [size, now(), str(note)]
                self.store.write(lambda tx: tx.execute("INSERT INTO checkpoints VALUES (?, ?, ?)", values))
                if self.attestor:
                    self.attestor.wake()
            return self._told(self.kept.newest(key.name), key.verifier)

    def tree(self) -> dict[str, Any]:
        """{size, root, checkpoint: {size, time, path, key} or None, keys: [{leaf, key}], vouched}.

        vouched: what witnesses and the timestamp authority said last, as `Attestor.status` has it.
        """
        size, root = self._last_root()
        key = self._key.read()
        newest = self.kept.newest(key.name) if key else None
        keys = [{"leaf": leaf, "key": str(known)} for leaf, known in self._keys()]
        told = self._told(newest, key.verifier) if newest and newest.checkpoint else None
        return {"size": size, "root": root.hex(), "checkpoint": told, "keys": keys, "vouched": self._vouched()}

    def signed(self) -> dict[str, Any] | None:
        """{size, time} of the newest checkpoint as the database has it: quick enough for every page."""
        rows = self.store.rows("SELECT size, time FROM checkpoints ORDER BY size DESC LIMIT 1")
        return rows[0] if rows else None

    def proof(self, first: int, second: int) -> list[bytes]:
        """The consistency proof between two sizes, for a witness."""
        rows = self.store.rows("SELECT hash FROM ledger WHERE leaf < ? ORDER BY leaf", [int(second)])
        return Nodes(row["hash"] for row in rows).consistency(first, second)

    def rotate_key(self, actor: str = "local") -> dict[str, Any]:
        """Exchange the key: the old one signs the new one, which signs from then on. Returns {leaf, key}."""
        with self._lock:
            old, new = self._speaking(), self._key.prepare()
            body = {"note": rotation_note(old, new.verifier), "key": str(new.verifier)}
            leaf = self.store.write(lambda tx: tx.log(ROTATED, body, actor=actor))
            self._key.settle(new.verifier)
        self.checkpoint()
        return {"leaf": leaf, "key": str(new.verifier)}

    # Questions

    def verify(self, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
        """Recompute the ledger and re-hash the files it speaks of (backend/audit/verify.py)."""
        own = self._key.read()
        signed = self.kept.read(own.name if own else None)  # before the leaves: it must not know more than they do
        try:
            found = self.store.snapshot()
            vouched = self.attestor.vouched() if self.attestor else Vouched()
            outside = Outside(_all(signed, found), own and own.verifier, vouched.marks, found.payloads)
            also = checks(found, self.workspace)
            report = verify(found.leaves, found.roots, self._digest_now, progress, outside, also)
            if self.attestor:
                report.findings += self.attestor.findings(vouched, {finding.kind for finding in report.findings})
            return report.as_dict() | {"vouched": self._vouched()}
        except StoreDamaged as damage:
            return Report(findings=[Finding(None, None, "database", str(damage))]).as_dict()

    def retention(self, at: str | None = None) -> dict[str, Any]:
        """What the rules of backend/audit/retention.toml say of this ledger at a time (now). Nothing is deleted."""
        rows = self.store.rows("SELECT kind, substr(time, 1, 10) AS day, count(*) AS events FROM ledger GROUP BY ALL")
        return retention.due([(r["kind"], r["day"], r["events"]) for r in rows], (at or now())[:10])

    # Erasure

    def redact(self, leaf: int, reason: str, actor: str = "local") -> dict[str, Any]:
        """Erase the private fields of the event at `leaf`; the erasure is an event itself. Returns {leaf, redaction}.

        The leaf and its proof stay. A worker's own log loses the fields too.
        """
        if not isinstance(reason, str) or not 1 <= len(reason.strip()) <= 500:
            raise BadInput("reason: expected 1 to 500 characters that say why, found another length")

        def erase(tx: Transaction) -> int:
            rows = tx.rows("SELECT run, seq, body FROM ledger WHERE leaf = ?", [int(leaf)])
            if not rows:
                raise NotFound(f"event: expected a leaf of this ledger, found {leaf}")
            said = json.loads(rows[0]["body"])
            commitment = commitment_of(said)
            if commitment is None:
                raise BadInput(f"event {leaf}: expected one with private fields, found none that can be erased")
            if not tx.rows("SELECT 1 FROM payloads WHERE leaf = ?", [int(leaf)]):
                raise BadInput(f"event {leaf}: expected private fields, found them erased already")
            if rows[0]["seq"] is not None:
                blank(self.workspace.run(rows[0]["run"]), rows[0]["seq"], said["private"])
            tx.execute("DELETE FROM payloads WHERE leaf = ?", [int(leaf)])
            body = {"leaf": int(leaf), "commitment_was": commitment, "reason": reason.strip()}
            return tx.log(REDACTED_KIND, body, actor=actor, run=rows[0]["run"])

        redaction = self.store.write(erase)
        self.store.compact()
        return {"leaf": int(leaf), "redaction": redaction}

    # Export

    def export(self, path: Path, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
        """Write the bundle that an auditor checks elsewhere (backend/audit/bundle.py); returns what it holds."""
        from ..audit.bundle import write_bundle

        if self.checkpoint() is None:
            raise BadInput("export: expected events, found an empty ledger")
        if self.attestor:
            self.attestor.turn()  # so that what leaves is vouched for up to its end
        own = self._key.read()
        signed = self.kept.read(own.name)
        keys = [key for _, key in self._keys()]
        beside = kept_beside([self.kept.path(one.checkpoint) for one in signed if one.checkpoint])
        return write_bundle(Path(path), self.store.snapshot().leaves, signed, own, keys, progress, beside)

    # Parts

    def _committed(self, leaves: list[Any]) -> None:
        if any(leaf.kind in RUN_ENDS or (leaf.kind == "job.state" and _ended(leaf.body)) for leaf in leaves):
            self._wake.set()

    def _loop(self) -> None:
        while not self._end.is_set():
            self._wake.wait(self._every)
            self._wake.clear()
            if not self._end.is_set():
                self._checkpoint_or_say()

    def _checkpoint_or_say(self) -> None:
        """A checkpoint that cannot be written must not stop the work; it is said, and verification finds why."""
        try:
            if self._news():
                self.checkpoint()
        except Exception as problem:
            print(f"ALARM checkpoint: {problem}", file=sys.stderr, flush=True)

    def _vouched(self) -> list[dict[str, Any]]:
        return self.attestor.status() if self.attestor else []

    def _news(self) -> bool:
        """Was anything logged since the last checkpoint but what was said of it? Or each would bring about the next."""
        newest = self.tree()["checkpoint"]
        return newest is None or bool(self.store.rows(NEWS, [newest["size"]]))

    def _last_root(self) -> tuple[int, bytes]:
        rows = self.store.rows("SELECT size, root FROM roots ORDER BY size DESC LIMIT 1")
        return (rows[0]["size"], rows[0]["root"]) if rows else (0, Tree().root)

    def _keys(self) -> list[tuple[int, VerifierKey]]:
        """The keys that the ledger names: (leaf, key), oldest first."""
        found: list[tuple[int, VerifierKey]] = []
        for row in self.store.rows(KEYS):
            body = json.loads(row["body"])
            key = VerifierKey.parse(body["key"]) if row["kind"] == CREATED else successor(body["note"], found[-1][1])
            found.append((row["leaf"], key))
        return found

    def _speaking(self) -> SigningKey:
        """The key that signs, named in the ledger. Raises BadInput where the ledger names another."""
        if self.store.alarm:
            raise BadInput(self.store.alarm)
        if keys := self._keys():
            self._key.settle(keys[-1][1])
        key = self._key.read_or_make()
        if not keys:
            self.store.write(lambda tx: tx.log(CREATED, {"key": str(key.verifier)}, actor="server"))
        elif keys[-1][1] != key.verifier:
            raise BadInput(f"{self._key.path}: expected the key that the ledger names, {keys[-1][1]}, found another")
        return key

    def _must_contain(self, newest: Signed | None, size: int) -> None:
        if newest is None:
            return
        if newest.checkpoint is None:
            raise BadInput(f"{newest.source}: expected a checkpoint, found none ({newest.problem})")
        was, root = newest.checkpoint.size, newest.checkpoint.root
        if was > size:
            raise BadInput(f"{newest.source}: expected at least the {was} leaves that it signed, found {size}")
        if not self.store.rows("SELECT 1 FROM roots WHERE size = ? AND root = ?", [was, root]):
            raise BadInput(f"{newest.source}: expected the root that it signed, found another history")

    def _told(self, newest: Signed, key: VerifierKey) -> dict[str, Any]:
        path, size = self.kept.path(newest.checkpoint), newest.checkpoint.size
        rows = self.store.rows("SELECT time FROM checkpoints WHERE size = ?", [size])
        time = rows[0]["time"] if rows else written_at(path)  # a copied file is younger than its signature
        return {"size": size, "time": time, "path": str(path), "key": str(key)}

    def _digest_now(self, sha256: str, kind: str) -> str | None:
        with suppress(ValueError, OSError):
            return digest_file(self.artefacts.path(sha256, kind))[0]
        return None


def _all(signed: list[Signed], found: Snapshot) -> list[Signed]:
    return [*signed, *(from_text(f"{size} in the database", note) for size, note in found.checkpoints)]


def _ended(body: str) -> bool:
    return json.loads(body).get("state") in ENDED


def _minutes() -> float:
    given = os.environ.get(MINUTES, str(EVERY))
    with suppress(ValueError):
        if 0 < float(given) <= 24 * 60:
            return float(given)
    raise BadInput(f"{MINUTES}: expected minutes above 0 and up to 1440, found {given[:40]!r}")
