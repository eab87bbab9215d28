"""What `trail.verify` recomputes from the leaves besides the tree itself: a list of checks, one a subject.

A check (backend/audit/findings.py) is made anew for every verification, from the snapshot that is verified and the
workspace's files. It asks the snapshot's tables by `snapshot.rows(sql)` when it is made, not later, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from ..audit.findings import Check
from ..workspace.layout import Workspace
from .reading import Snapshot

CHECKS: tuple[Callable[[Snapshot, Workspace], Check], ...] = ()


def checks(snapshot: Snapshot, workspace: Workspace) -> list[Check]:
    """Every check of CHECKS over this snapshot."""
    return [check(snapshot, workspace) for check in CHECKS]
