"""How a check puts what it found."""

from __future__ import annotations

from ....audit.ledger.findings import Finding
from ....audit.ledger.ledger import Leaf


def at(leaf: Leaf, kind: str, line: str) -> Finding:
    """A finding about one leaf."""
    return Finding(leaf.leaf, leaf.run, kind, f"leaf {leaf.leaf}{f', run {leaf.run}' if leaf.run else ''}: {line}")


def of_run(run: str, kind: str, line: str) -> Finding:
    return Finding(None, run, kind, f"run {run}: {line}")


def beside(kind: str, line: str, leaf: int | None = None) -> Finding:
    """A finding about what lies beside the leaves; `leaf`: the one that it belongs to."""
    return Finding(leaf, None, kind, f"ledger: {line}" if leaf is None else f"leaf {leaf}: {line}")
