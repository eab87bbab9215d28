"""Verify a ledger: recompute every leaf from its body and every root from the leaves, and re-hash the files.

Nothing that is stored as a hash is believed. The work is one pass over the leaves in their order; what it finds is
said in one line each: which leaf, which run, what kind of damage. What lies outside the database is held against it:
signed checkpoints, the roots that a witness saw, the payloads that leaves commit to.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .canonical import body_of
from .chain import CREATED, ROTATED, Chain
from .clock import Clock
from .findings import KINDS, Check, Finding
from .kept_roots import KeptRoots
from .ledger import Leaf, Root, Tree
from .outside import Outside, Payloads, Roots
from .seals import Seals

__all__ = ["KINDS", "Finding", "Report", "verify"]
MOST = 100  # findings of a kind that are reported; more of the same help nobody
# Damaged leaves change the roots, and what they say of payloads and signatures: that much is explained by them.
DAMAGE = {"edited", "reordered", "unreadable", "missing leaf", "repeated leaf", "root", "truncated"}
REACH = 100  # leaves around its place in which a misplaced leaf is looked for


@dataclass
class Report:
    events: int = 0
    artefacts: int = 0
    root: str = ""
    findings: list[Finding] = field(default_factory=list)  # the first bad leaf first
    checkpoints: int = 0  # signed, outside and inside the database, that agree
    signed: int = 0  # leaves that the largest of these covers
    sealed: int = 0  # leaves that the newest seal of a commit covers, where it covers more
    unsigned_since: str | None = None  # the time of the first leaf that no checkpoint covers
    key: str = ""  # the key that speaks for the ledger
    redacted: int = 0  # payloads erased, each by an event that says why

    @property
    def ok(self) -> bool:
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        return {"ok": self.ok, **asdict(self)}


def verify(
    leaves: Iterable[tuple[Leaf, bytes]],
    roots: Sequence[tuple[int, bytes]],
    digest_of: Callable[[str, str], str | None],
    progress: Callable[[int, int], None] | None = None,
    outside: Outside | None = None,
    checks: Sequence[Check] = (),
) -> Report:
    """Check `leaves` (with their stored hashes, in leaf order) against the stored `roots`, as `Root` has them.

    digest_of: (sha256, type) -> digest of the file that bears this name now, or None when it is gone.
    progress: called with (done, total) now and then; leaves and files each count one.
    checks: what else is recomputed from these leaves.
    """
    kept = sorted((Root(*root) for root in roots), key=lambda root: root.size)
    check = _Pass(kept, outside or Outside(), progress or (lambda done, total: None), checks)
    for leaf, stored in leaves:
        check.leaf(leaf, stored)
    check.end()
    check.files(digest_of)
    check.report.findings.sort(key=lambda f: (f.leaf is None, f.leaf or 0))
    return check.report


class _Pass:
    """The state of one pass."""

    def __init__(
        self,
        roots: list[Root],
        outside: Outside,
        progress: Callable[[int, int], None],
        checks: Sequence[Check],
    ):
        self.report, self.found_of = Report(), Counter()
        self.checks = checks
        self.wanting: dict[str, list[Check]] = {}  # by kind of leaf
        self.tree = Tree()
        self.roots = KeptRoots(roots)
        self.next_leaf = 0
        self.next_seq: dict[str, int] = {}
        self.subjects: dict[tuple[str, str], tuple[Leaf, str]] = {}
        self.clock, self.chain = Clock(), Chain()
        self.payloads = Payloads(outside.payloads)
        self.outside, self.vouched = outside, Roots(outside)
        self.seals = None if outside.seals is None else Seals(outside.seals, outside.own or outside.pinned)
        self.told: list[int] = []  # leaves that tell of checkpoints: what was signed last has such leaves behind it
        self.progress = progress

    def found(self, kind: str, line: str, leaf: int | None = None, run: str | None = None) -> None:
        self.found_of[kind] += 1
        if self.found_of[kind] <= MOST:
            where = f"leaf {leaf}" + (f", run {run}" if run else "") if leaf is not None else "ledger"
            self.report.findings.append(Finding(leaf, run, kind, f"{where}: {line}"))

    def leaf(self, leaf: Leaf, stored: bytes) -> None:
        if leaf.leaf != self.next_leaf:
            self._out_of_place(leaf)
        self.next_leaf = leaf.leaf + 1
        recomputed = leaf.hash()
        if recomputed != stored:
            self._edited(leaf, stored)
        body, subjects = self._read(leaf)
        self._take(leaf, body)
        if leaf.run is not None and leaf.seq is not None:
            self._sequence(leaf)
        if wrong := self.clock.judge(leaf):
            self.found("clock", wrong, leaf.leaf, leaf.run)
        if leaf.kind in (CREATED, ROTATED) and (wrong := self.chain.take(leaf)):
            self.found("key", wrong, leaf.leaf, leaf.run)
        for subject in subjects:
            self.subjects.setdefault((subject["sha256"], subject["type"]), (leaf, subject["role"]))
        self.vouched.comes(leaf, self.tree.size)
        self.tree.append(recomputed)
        self.report.events += 1
        self._reached(leaf)
        if self.report.events % 10_000 == 0:
            self.progress(self.report.events, max(self.roots.recorded, self.report.events) + len(self.subjects))

    def _take(self, leaf: Leaf, body: dict[str, Any] | None) -> None:
        """Show a leaf that can be read to everything that wants to see it."""
        if leaf.kind.startswith("checkpoint."):
            self.told.append(leaf.leaf)
        if body is None:
            return
        self.payloads.take(leaf, body)
        self.roots.read(leaf, body)
        wanting = self.wanting.get(leaf.kind)
        if wanting is None:
            wanting = [check for check in self.checks if check.kinds is None or leaf.kind in check.kinds]
            self.wanting[leaf.kind] = wanting
        for check in wanting:
            check.take(leaf, body)

    def _reached(self, leaf: Leaf) -> None:
        self.vouched.reached(self.tree)
        if self.seals is not None:
            self.seals.reached(self.tree)
        for kind, at, line in self.roots.reached(self.tree, leaf):
            if kind != "root" or not self.report.findings:
                self.found(kind, line, at)

    def _out_of_place(self, leaf: Leaf) -> None:
        if leaf.leaf > self.next_leaf:
            last = leaf.leaf - 1
            span = f"leaf {last} is" if last == self.next_leaf else f"leaves {self.next_leaf} to {last} are"
            self.found("missing leaf", f"{span} missing before it", leaf.leaf, leaf.run)
        else:
            self.found("repeated leaf", "stands more than once", leaf.leaf, leaf.run)

    def _edited(self, leaf: Leaf, stored: bytes) -> None:
        """Its hash is not its own. Where it is that of the same event at a near place, it was moved."""
        near = range(max(0, leaf.leaf - REACH), leaf.leaf + REACH) if not self.report.findings else ()
        was = next((n for n in near if replace(leaf, leaf=n).hash() == stored), None)
        if was is None:
            self.found("edited", f"{leaf.kind} was edited after it was logged", leaf.leaf, leaf.run)
        else:
            self.found("reordered", f"{leaf.kind} stands here, but was logged as leaf {was}", leaf.leaf, leaf.run)

    def _read(self, leaf: Leaf) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        """The leaf's body (None: damaged) and subjects. What is not JSON is damage even when the hash fits: text moved
        from one column to the next would hash the same, but what is left of the columns cannot be whole JSON values.
        """
        try:
            body, subjects = body_of(leaf.body), json.loads(leaf.subjects) if leaf.subjects != "[]" else []
            if isinstance(body, dict) and all({"role", "sha256", "type"} <= set(s) for s in subjects):
                return body, subjects
        except (ValueError, TypeError, RecursionError):
            pass
        self.found("unreadable", f"{leaf.kind} is not the JSON of an event", leaf.leaf, leaf.run)
        return None, []

    def _sequence(self, leaf: Leaf) -> None:
        expected = self.next_seq.get(leaf.run, 0)
        if leaf.seq != expected:
            self.found("gap", f"expected event {expected} of the run, found {leaf.seq}", leaf.leaf, leaf.run)
        self.next_seq[leaf.run] = leaf.seq + 1

    def end(self) -> None:
        size = self.tree.size
        for kind, leaf, line in self.roots.ends(size):
            self.found(kind, line, leaf)
        self.report.root = self.tree.root.hex()
        explained = any(finding.kind in DAMAGE for finding in self.report.findings)
        for kind, leaf, line in self.vouched.judge(self.chain, self.tree):
            if not (explained and kind in ("forked", "rolled back", "key")):
                self.found(kind, line, leaf)
        for leaf, run, line in () if self.report.findings else self.payloads.wrong():
            self.found("payload", line, leaf, run)
        for kind, leaf, line in () if explained else self.roots.times():
            self.found(kind, line, leaf)
        self._signed(explained)
        self.report.findings += [finding for check in self.checks for finding in list(check.findings())[:MOST]]
        self.report.redacted = len(self.payloads.redacted)

    def _signed(self, explained: bool) -> None:
        """Up to where the record is signed, by which key, and what is not."""
        report, size, outside = self.report, self.tree.size, self.outside
        report.checkpoints, report.signed = self.vouched.agreed, self.vouched.signed
        report.unsigned_since = self.vouched.since.get(report.signed) if report.signed < size else None
        own = outside.own or outside.pinned
        report.key = str(self.chain.newest or own or "")
        if outside.pinned is not None and report.key != str(outside.pinned):
            found = self.chain.newest or own
            self.found("key", f"expected the key that was given, {outside.pinned}, found {found}")
        if self.seals is None or explained:
            return
        for kind, leaf, line in self.roots.unsealed(self.seals, self.chain, report.signed, size):
            self.found(kind, line, leaf)
        report.sealed = self.seals.agreed
        if outside.closed and (lost := size - report.signed - sum(leaf >= report.signed for leaf in self.told)):
            many = "1 leaf is" if lost == 1 else f"{lost} leaves are"
            line = f"{many} not signed from here on, though the process that wrote the record ended as it should"
            self.found("unsigned", f"{line}: the last checkpoint was taken away", report.signed)

    def files(self, digest_of: Callable[[str, str], str | None]) -> None:
        total = self.report.events + len(self.subjects)
        for (sha256, kind), (leaf, role) in self.subjects.items():
            self.progress(self.report.events + self.report.artefacts, total)
            now = digest_of(sha256, kind)
            name = f"{role} ({sha256[:12]}….{kind})"
            if now is None:
                self.found("file missing", f"{name} is gone", leaf.leaf, leaf.run)
            elif now != sha256:
                self.found("file replaced", f"{name} was changed: it hashes to {now[:12]}…", leaf.leaf, leaf.run)
            self.report.artefacts += 1
        self.progress(total, total)
