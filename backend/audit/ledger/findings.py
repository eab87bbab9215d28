"""What a verification can find, and how a check of one subject takes part in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from .ledger import Leaf

KINDS = (
    "edited",
    "reordered",
    "unreadable",
    "missing leaf",
    "repeated leaf",
    "gap",
    "root",
    "truncated",
    "rolled back",  # a checkpoint covers more leaves than there are: the end cut off, or an older database
    "forked",  # another history than the one that a checkpoint signed
    "checkpoint",
    "unsigned",  # written by somebody who does not hold the key, or no longer covered by what was signed
    "key",
    "review",  # a decision that its reviewer did not sign
    "clock",
    "payload",
    "file missing",
    "file replaced",
    "database",
    "foreign object",  # a view, a macro or a table that this version does not make, or one that is missing
    "secret",  # one beside the ledger that no event commits to, or that is gone
    "run",  # rows and events of a run that contradict what was asked for
    "after the end",  # events of a run that had ended
    "log",  # what a run left in its folder was changed after its end
    "authority",  # said by a worker in the server's name
)


@dataclass(frozen=True)
class Finding:
    leaf: int | None
    run: str | None
    kind: str  # one of KINDS
    line: str


class Check(Protocol):
    """One thing that is shown or relied upon, recomputed from the leaves of one verification.

    `take` gets every leaf that can be read, in order, with its body read; `findings` is asked once, afterwards.
    """

    kinds: frozenset[str] | None  # of the leaves that `take` wants; None: all

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None: ...

    def findings(self) -> Iterable[Finding]: ...
