"""The trail: what is done with the ledger as a whole. Checkpoints, verification, export, erasure, retention, keys.

Checkpoints (signer.py) are written as soon as a run ends or something is decided, every few minutes in which anything
else was logged, and at the end of the process.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from ...audit.ledger import retention
from ...audit.ledger.checkpoints import Checkpoints, Signed, written_at
from ...audit.ledger.keys import LedgerKey, told_key
from ...audit.ledger.ledger import Leaf, Tree
from ...audit.ledger.notes import VerifierKey
from ...audit.ledger.outside import REDACTED_KIND
from ...audit.ledger.payloads import commitment_of
from ...audit.ledger.proofs import Nodes
from ...audit.ledger.verify import Finding, Report
from ...audit.witness.attestations import Vouched, kept_beside
from ...workspace import plain
from ...workspace.artefacts import Artefacts
from ...workspace.events import now
from ...workspace.layout import BadInput, Workspace
from ..runs.runs import NotFound
from ..runs.states import ENDED
from ..runs.supervisor import sealed_files
from .erasing import blank
from .reading import StoreDamaged
from .signer import Signer
from .store import Store, Transaction
from .verification import Evidence, origin_of, verified

MINUTES = "WORKBENCH_CHECKPOINT_MINUTES"
EVERY = 10.0  # minutes between checkpoints where nothing else asks for one
# Signed as soon as they are logged: the ends of runs, and what people decide, register, hand out or change.
AT_ONCE = {
    "run.finished",
    "run.failed",
    "run.cancelled",
    "data.registered",
    "report.built",
    "dossier.built",
    "export",
    "payload.redacted",
}
AT_ONCE_BY_NAME = ("review.", "user.", "key.")


class Attests(Protocol):
    """Who asks witnesses and the timestamp authority about each checkpoint (attestor.py)."""

    def wake(self) -> None: ...

    def turn(self) -> list[Any]: ...

    def vouched(self) -> Vouched: ...

    def findings(self, found: Vouched, known: set[str]) -> list[Finding]: ...

    def status(self) -> list[dict[str, Any]]: ...


class Trail:
    def __init__(self, store: Store, workspace: Workspace, signer: Signer | None = None):
        self.store, self.workspace = store, workspace
        self.artefacts = Artefacts(workspace.artefacts)
        self.kept = Checkpoints(workspace.root)
        self.attestor: Attests | None = None  # set by the one that asks witnesses and the timestamp authority
        self._key = LedgerKey(workspace.root)
        self.signer = signer or Signer(store, workspace.root, self.kept, self._key)
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
        self.sign()
        self.signer.close()

    def checkpoint(self) -> dict[str, Any] | None:
        """Sign the tree as it is now: {size, time, path, key} of the newest; None while the ledger is empty.

        Raises BadInput where the ledger does not contain what an earlier checkpoint signed.
        """
        if not self.signer.checkpoint():
            return None
        if self.attestor:
            self.attestor.wake()
        return self.tree()["checkpoint"]

    def sign(self) -> None:
        """A checkpoint, where there is anything new. One that cannot be written must not stop the work: it is said, and
        verification finds why.
        """
        if self.store.read_only:  # whoever only looks signs nothing
            return
        try:
            if self.signer.news():
                self.checkpoint()
        except Exception as problem:
            print(f"ALARM checkpoint: {problem}", file=sys.stderr, flush=True)

    def tree(self) -> dict[str, Any]:
        """{size, root, checkpoint: {size, time, path, key} or None, keys: [{leaf, key}], vouched}.

        vouched: what witnesses and the timestamp authority said last, as `Attestor.status` has it.
        """
        size, root = self._last_root()
        key, _ = self._key.public()
        newest = self.kept.newest(key.name) if key else None
        keys = [{"leaf": leaf, "key": str(known)} for leaf, known in self.signer.named()]
        told = self._told(newest, key) if newest and newest.checkpoint else None
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
        told = self.signer.rotate(actor)
        self.checkpoint()
        return told

    # Questions

    def verify(self, progress: Callable[[int, int], None] | None = None, key: str | None = None) -> dict[str, Any]:
        """Recompute the ledger and all that is shown of it, and re-hash the files that it speaks of (verification.py).

        key: the log's public key as somebody was told it; another one is a finding. Nothing is written, nothing signed.
        """
        pinned = None if key is None else told_key(key)
        try:
            with self.signer.lock:  # what is being signed is in the files and in the database, or in neither
                evidence = Evidence.gather(self.workspace, self.kept, origin_of(self.store))
                vouched = self.attestor.vouched() if self.attestor else Vouched()
                found = self.store.snapshot()
            closed = self.store.read_only and not self.workspace.owner_file.exists()
            report = verified(self.workspace, found, evidence, vouched, pinned, closed, progress)
            if self.attestor:
                report.findings += self.attestor.findings(vouched, {finding.kind for finding in report.findings})
            return report.as_dict() | {"vouched": self._vouched()}
        except StoreDamaged as damage:
            return Report(findings=[Finding(None, None, damage.kind, str(damage))]).as_dict()

    def retention(self, at: str | None = None) -> dict[str, Any]:
        """What the rules of backend/audit/retention.toml say of this ledger at a time (now). Nothing is deleted."""
        rows = self.store.rows("SELECT kind, substr(time, 1, 10) AS day, count(*) AS events FROM ledger GROUP BY ALL")
        return retention.due([(r["kind"], r["day"], r["events"]) for r in rows], (at or now())[:10])

    # Erasure

    def redact(self, leaf: int, reason: str, actor: str = "local") -> dict[str, Any]:
        """Erase the private fields of the event at `leaf`; the erasure is an event itself. Returns {leaf, redaction}.

        The leaf and its proof stay. A worker's own log loses the fields too.
        """
        reason = plain.words(reason.strip() if isinstance(reason, str) else reason, "reason", 500, 1)

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
            body = {"leaf": int(leaf), "commitment_was": commitment, "reason": reason}
            run = tx.board.run(rows[0]["run"]) if rows[0]["seq"] is not None else None
            if run and run.files is not None:  # they were sealed with what has just been erased
                body["files"] = sealed_files(self.workspace.run(run.run))
            return tx.log(REDACTED_KIND, body, actor=actor, run=rows[0]["run"])

        redaction = self.store.write(erase)
        self.store.compact()
        return {"leaf": int(leaf), "redaction": redaction}

    # Export

    def export(self, path: Path, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
        """Write the bundle that an auditor checks elsewhere (backend/audit/ledger/bundle.py); returns what it holds."""
        from ...audit.ledger.bundle import write_bundle

        if self.checkpoint() is None:
            raise BadInput("export: expected events, found an empty ledger")
        if self.attestor:
            self.attestor.turn()  # so that what leaves is vouched for up to its end
        own = self._key.read()
        signed = self.kept.read(own.name)
        keys = [key for _, key in self.signer.named()]
        beside = kept_beside([self.kept.path(one.checkpoint) for one in signed if one.checkpoint])
        return write_bundle(Path(path), self.store.snapshot().leaves, signed, own, keys, progress, beside)

    # Parts

    def _committed(self, leaves: list[Leaf]) -> None:
        self.signer.committed(leaves)
        if any(_at_once(leaf) for leaf in leaves):
            self._wake.set()

    def _loop(self) -> None:
        while not self._end.is_set():
            self._wake.wait(self._every)
            self._wake.clear()
            if not self._end.is_set():
                self.sign()

    def _vouched(self) -> list[dict[str, Any]]:
        return self.attestor.status() if self.attestor else []

    def _last_root(self) -> tuple[int, bytes]:
        rows = self.store.rows("SELECT size, root FROM roots ORDER BY size DESC LIMIT 1")
        return (rows[0]["size"], rows[0]["root"]) if rows else (0, Tree().root)

    def _told(self, newest: Signed, key: VerifierKey) -> dict[str, Any]:
        path, size = self.kept.path(newest.checkpoint), newest.checkpoint.size
        rows = self.store.rows("SELECT time FROM checkpoints WHERE size = ?", [size])
        time = rows[0]["time"] if rows else written_at(path)  # a copied file is younger than its signature
        return {"size": size, "time": time, "path": str(path), "key": str(key)}


def _at_once(leaf: Leaf) -> bool:
    """Is this event one that is signed as soon as it is logged?"""
    if leaf.kind == "job.state":
        return json.loads(leaf.body).get("state") in ENDED
    return leaf.kind in AT_ONCE or leaf.kind.startswith(AT_ONCE_BY_NAME)


def _minutes() -> float:
    given = os.environ.get(MINUTES, str(EVERY))
    with suppress(ValueError):
        if 0 < float(given) <= 24 * 60:
            return float(given)
    raise BadInput(f"{MINUTES}: expected minutes above 0 and up to 1440, found {given[:40]!r}")
