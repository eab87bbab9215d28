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

from .chain import CREATED, ROTATED, Chain
from .clock import Clock
from .findings import KINDS, Check, Finding
from .ledger import Leaf, Tree
from .outside import Outside, Payloads, Roots

__all__ = ["KINDS", "Finding", "Report", "verify"]
MOST = 100  # findings of a kind that are reported; more of the same help nobody
REACH = 100  # leaves around its place in which a misplaced leaf is looked for


@dataclass
class Report:
    events: int = 0
    artefacts: int = 0
    root: str = ""
    findings: list[Finding] = field(default_factory=list)  # the first bad leaf first
    checkpoints: int = 0  # signed, outside and inside the database, that agree
    redacted: int = 0  # payloads erased, each by an event that says why

    @property
    def ok(self) -> bool:
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        return {"ok": self.ok, **asdict(self)}


def verify(
    leaves: Iterable[tuple[Leaf, bytes]],
    roots: list[tuple[int, bytes]],
    digest_of: Callable[[str, str], str | None],
    progress: Callable[[int, int], None] | None = None,
    outside: Outside | None = None,
    checks: Sequence[Check] = (),
) -> Report:
    """Check `leaves` (with their stored hashes, in leaf order) against the stored `roots` [(size, root), ...].

    digest_of: (sha256, type) -> digest of the file that bears this name now, or None when it is gone.
    progress: called with (done, total) now and then; leaves and files each count one.
    checks: what else is recomputed from these leaves.
    """
    check = _Pass(sorted(roots), outside or Outside(), progress or (lambda done, total: None), checks)
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
        roots: list[tuple[int, bytes]],
        outside: Outside,
        progress: Callable[[int, int], None],
        checks: Sequence[Check],
    ):
        self.report, self.found_of = Report(), Counter()
        self.checks = checks
        self.tree = Tree()
        self.roots = roots
        self.next_root = 0
        self.good_size = 0  # the size of the last root that agreed
        self.roots_agree = True
        self.next_leaf = 0
        self.next_seq: dict[str, int] = {}
        self.subjects: dict[tuple[str, str], tuple[Leaf, str]] = {}
        self.clock, self.chain = Clock(), Chain()
        self.payloads = Payloads(outside.payloads)
        self.vouched = Roots(outside)
        self.progress = progress
        self.total = roots[-1][0] if roots else 0

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
        subjects = self._read(leaf)
        if leaf.run is not None and leaf.seq is not None:
            self._sequence(leaf)
        if wrong := self.clock.judge(leaf):
            self.found("clock", wrong, leaf.leaf, leaf.run)
        if leaf.kind in (CREATED, ROTATED) and (wrong := self.chain.take(leaf)):
            self.found("key", wrong, leaf.leaf, leaf.run)
        for subject in subjects:
            self.subjects.setdefault((subject["sha256"], subject["type"]), (leaf, subject["role"]))
        self.tree.append(recomputed)
        self.report.events += 1
        self.vouched.reached(self.tree)
        self._roots()
        if self.report.events % 10_000 == 0:
            self.progress(self.report.events, max(self.total, self.report.events) + len(self.subjects))

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

    def _read(self, leaf: Leaf) -> list[dict[str, Any]]:
        """The leaf's subjects. A body or subjects that are not JSON are damage even when the hash fits: text moved from
        one column to the next would hash the same, but what is left of the columns cannot be whole JSON values.
        """
        try:
            body, subjects = json.loads(leaf.body), json.loads(leaf.subjects) if leaf.subjects != "[]" else []
            if isinstance(body, dict) and all({"role", "sha256", "type"} <= set(s) for s in subjects):
                self.payloads.take(leaf, body)
                for check in self.checks:
                    if check.kinds is None or leaf.kind in check.kinds:
                        check.take(leaf, body)
                return subjects
        except (ValueError, TypeError):
            pass
        self.found("unreadable", f"{leaf.kind} is not the JSON of an event", leaf.leaf, leaf.run)
        return []

    def _sequence(self, leaf: Leaf) -> None:
        expected = self.next_seq.get(leaf.run, 0)
        if leaf.seq != expected:
            self.found("gap", f"expected event {expected} of the run, found {leaf.seq}", leaf.leaf, leaf.run)
        self.next_seq[leaf.run] = leaf.seq + 1

    def _roots(self) -> None:
        """Compare with every root stored at this size; only the first that disagrees says where."""
        while self.next_root < len(self.roots) and self.roots[self.next_root][0] <= self.tree.size:
            size, root = self.roots[self.next_root]
            self.next_root += 1
            if size == self.tree.size and root == self.tree.root:
                self.good_size = size
            elif self.roots_agree:
                self.roots_agree = False
                if not self.report.findings:
                    line = f"the root over {size} leaves is not the one recorded: changed with its hash, or put in"
                    self.found("root", f"a leaf from {self.good_size} to {size - 1}: {line}", self.good_size)

    def end(self) -> None:
        size = self.tree.size
        recorded = self.roots[-1][0] if self.roots else 0
        if recorded > size:
            self.found(
                "truncated", f"{recorded - size} leaves are missing at the end: {recorded} recorded, {size} found"
            )
        elif recorded < size:
            self.found("root", f"no root covers leaves {recorded} to {size - 1}", recorded)
        self.report.root = self.tree.root.hex()
        explained = bool(self.report.findings)  # damaged leaves change the roots, and what they say of payloads
        for kind, leaf, line in self.vouched.judge(self.chain, self.tree):
            if not (explained and kind in ("forked", "rolled back", "key")):
                self.found(kind, line, leaf)
        for leaf, run, line in () if self.report.findings else self.payloads.wrong():
            self.found("payload", line, leaf, run)
        self.report.findings += [finding for check in self.checks for finding in list(check.findings())[:MOST]]
        self.report.redacted = len(self.payloads.redacted)
        self.report.checkpoints = self.vouched.agreed

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
