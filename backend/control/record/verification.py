"""What `trail.verify` does: the tree from the leaves, and a list of checks of all else that is shown, one a subject.

A check (backend/audit/ledger/findings.py) is made anew for every verification, from the snapshot that is verified and
the workspace's files. It asks the snapshot's tables by `snapshot.rows(sql)` when it is made, not later, and writes
nothing. The database may be open for writing (the server's own) or for reading alone (readonly.py), and of an earlier
version.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from ...audit.ledger.chain import CREATED
from ...audit.ledger.checkpoints import Checkpoints, Signed, from_text
from ...audit.ledger.findings import Check, Finding
from ...audit.ledger.keys import LedgerKey
from ...audit.ledger.logged import KIND, Chained, Logged, Row
from ...audit.ledger.notes import BadNote, VerifierKey, opened
from ...audit.ledger.outside import Mark, Outside
from ...audit.ledger.signed_state import SignedState
from ...audit.ledger.verify import Report, verify
from ...audit.witness.attestations import Vouched
from ...workspace.artefacts import Artefacts, digest_file
from ...workspace.layout import Workspace
from ..people.decided import Decisions
from . import recomputed
from .reading import Reading, Snapshot

CHECKS: tuple[Callable[[Snapshot, Workspace], Check], ...] = (*recomputed.CHECKS, Decisions)


def checks(snapshot: Snapshot, workspace: Workspace) -> list[Check]:
    """Every check of CHECKS over this snapshot."""
    return [check(snapshot, workspace) for check in CHECKS]


@dataclass
class Evidence:
    """What lies outside of the database, read before it: it must not know more than the database does."""

    own: VerifierKey | None  # the workspace's key
    files: list[Signed]  # the checkpoints in their folder
    signed: list[Signed]  # the newest, as it is kept beside the key
    sealed: list[Signed]  # the newest commit, as it is kept there
    wrong: list[Finding] = field(default_factory=list)

    @classmethod
    def gather(cls, workspace: Workspace, kept: Checkpoints, origin: str | None) -> Evidence:
        """origin: the log's name where no key is at hand, or None."""
        key = LedgerKey(workspace.root)
        own, problem = key.public()
        wrong = [Finding(None, None, "key", f"ledger: {problem}")] if problem else []
        state = SignedState(key, workspace.root)
        named = own.name if own else origin
        files = kept.read(named if kept.shared else None)
        return cls(own, files, state.signed(), state.sealed(), wrong)


def verified(
    workspace: Workspace,
    snapshot: Snapshot,
    evidence: Evidence,
    vouched: Vouched,
    pinned: VerifierKey | None = None,
    closed: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """The report on one snapshot. closed: nobody has the workspace open, and who had it has ended as they should."""
    rows = [
        Row(row["size"], row["time"], from_text(f"{row['size']} in the database", row["note"]))
        for row in snapshot.rows("SELECT size, time, note FROM checkpoints ORDER BY size")
    ]
    outside = Outside(
        signed=[*evidence.files, *evidence.signed, *(row.signed for row in rows)],
        own=evidence.own,
        pinned=pinned,
        marks=[*vouched.marks, *_logged(snapshot), *_sealed(evidence, snapshot)],
        payloads=snapshot.payloads,
        seals=_seals(snapshot),
        closed=closed,
    )
    also = [Chained(evidence.files, rows), *checks(snapshot, workspace)]
    remembered = _remembered(evidence, snapshot)
    report = verify(snapshot.leaves, snapshot.roots, _digests(workspace), progress, outside, also)
    report.findings += [*evidence.wrong, *remembered]
    return report


def origin_of(reading: Reading) -> str | None:
    """The name of the log, as the ledger's first key has it."""
    rows = reading.rows(f"SELECT body FROM ledger WHERE kind = '{CREATED}' ORDER BY leaf LIMIT 1")
    with suppress(ValueError, KeyError, TypeError, IndexError):
        return VerifierKey.parse(json.loads(rows[0]["body"])["key"]).name
    return None


def _logged(snapshot: Snapshot) -> list[Mark]:
    """The roots that the ledger's own events tell of."""
    found = []
    for row in snapshot.rows(f"SELECT leaf, body FROM ledger WHERE kind = '{KIND}' ORDER BY leaf"):
        with suppress(ValueError):  # what tells of nothing is found as such
            told = Logged.read(row["leaf"], json.loads(row["body"]))
            found.append(Mark(told.size, told.root, f"event {told.leaf}, of checkpoint {told.number},"))
    return found


def _remembered(evidence: Evidence, snapshot: Snapshot) -> list[Finding]:
    """Does the key remember the newest checkpoint? It is told before anybody else is."""
    told = [mark.size for mark in _logged(snapshot)]
    if evidence.own is None or not told:
        return []
    known = max((one.checkpoint.size for one in evidence.signed if one.checkpoint), default=None)
    if known is None:
        line = "what was signed last is not kept beside the key any more: the file KEY.signed is missing"
    elif known < max(told):
        line = f"beside the key a checkpoint over {known} leaves is kept as the last, though {max(told)} were signed"
    else:
        return []
    return [Finding(None, None, "checkpoint", f"ledger: {line}")]


def _seals(snapshot: Snapshot) -> list[tuple[int, bytes]]:
    if not snapshot.rows("SELECT 1 FROM migrations WHERE name = '0005_seals.sql'"):
        return []  # of an earlier version
    rows = snapshot.rows("SELECT size, signature FROM seals ORDER BY size")
    return [(row["size"], bytes(row["signature"])) for row in rows]


def _sealed(evidence: Evidence, snapshot: Snapshot) -> list[Mark]:
    """The newest commit as it is kept beside the key, where a key of this ledger has sealed it."""
    keys = [evidence.own] if evidence.own else []
    for row in snapshot.rows("SELECT body FROM ledger WHERE kind IN ('key.created', 'key.rotated') ORDER BY leaf"):
        with suppress(ValueError, KeyError, TypeError):
            keys.append(VerifierKey.parse(json.loads(row["body"])["key"]))
    found = []
    for sealed in evidence.sealed:
        try:
            if sealed.checkpoint is None:
                raise BadNote(sealed.problem)
            opened(sealed.note, keys)
            found.append(Mark(sealed.checkpoint.size, sealed.checkpoint.root, f"{sealed.source}, beside the key,"))
        except BadNote as problem:
            line = f"ledger: {sealed.source}, beside the key, is no seal of this ledger ({problem})"
            evidence.wrong.append(Finding(None, None, "checkpoint", line))
    return found


def _digests(workspace: Workspace) -> Callable[[str, str], str | None]:
    artefacts = Artefacts(workspace.artefacts)

    def digest_now(sha256: str, kind: str) -> str | None:
        with suppress(ValueError, OSError):
            return digest_file(artefacts.path(sha256, kind))[0]
        return None

    return digest_now
