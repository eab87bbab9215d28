"""Every checkpoint is an event too, so that the next one covers it and none can be taken out of the chain.

`checkpoint.signed` {"number" (from 1), "size", "root" (hex), "at" (the time of its row)} is written as soon as the
checkpoint lies in its folder. A crash between the two leaves one checkpoint that no event tells of, the newest; the
next signer logs it first. Ledgers of versions that logged none log all that they have before they sign another: from
the first such event on every checkpoint must be logged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .checkpoints import Signed
from .findings import Finding
from .ledger import Leaf

KIND = "checkpoint.signed"


@dataclass(frozen=True)
class Logged:
    """What one such event tells, and the leaf that it is."""

    leaf: int
    number: int
    size: int
    root: bytes
    at: str

    @classmethod
    def read(cls, leaf: int, body: dict[str, Any]) -> Logged:
        """Raises ValueError for a body that is none of this kind."""
        try:
            told = cls(leaf, body["number"], body["size"], bytes.fromhex(body["root"]), body["at"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"is no event of a checkpoint ({type(error).__name__}: {error})") from None
        if type(told.number) is not int or type(told.size) is not int or not isinstance(told.at, str):
            raise ValueError("is no event of a checkpoint: a value is of another type")
        return told

    def body(self) -> dict[str, Any]:
        return {"number": self.number, "size": self.size, "root": self.root.hex(), "at": self.at}


@dataclass(frozen=True)
class Row:
    """A row of the table `checkpoints`."""

    size: int
    time: str
    signed: Signed


class Chained:
    """A check of the chain of checkpoints: its events against the files of the folder and the rows of the database."""

    kinds = frozenset({KIND})

    def __init__(self, files: Sequence[Signed], rows: Sequence[Row]):
        self.files, self.rows = files, rows
        self.logged: list[Logged] = []
        self._wrong: list[Finding] = []

    def take(self, leaf: Leaf, body: dict[str, Any]) -> None:
        try:
            told = Logged.read(leaf.leaf, body)
        except ValueError as wrong:
            self._wrong.append(_finding(str(wrong), leaf.leaf))
            return
        before = self.logged[-1] if self.logged else None
        if told.number != (before.number + 1 if before else 1):
            expected = before.number + 1 if before else 1
            lost = f"tells of checkpoint {told.number} where number {expected} is expected: one was taken out or put in"
            self._wrong.append(_finding(lost, leaf.leaf))
        if told.size > leaf.leaf or (before and told.size <= before.size):
            self._wrong.append(_finding(f"tells of a checkpoint over {told.size} leaves, which cannot be", leaf.leaf))
        self.logged.append(told)

    def findings(self) -> Iterator[Finding]:
        yield from self._wrong
        yield from self._against_files()
        yield from self._against_rows()

    def _against_files(self) -> Iterator[Finding]:
        roots = {one.checkpoint.size: one.checkpoint.root for one in self.files if one.checkpoint}
        for one in self.files:
            if one.checkpoint and one.source != f"{one.checkpoint.size:012d}.note":
                yield _finding(f"checkpoint file {one.source} is one over {one.checkpoint.size} leaves: it was renamed")
        damaged = {one.source for one in self.files if not one.checkpoint}  # found as such, and not missing
        whole = [one for one in self.logged if f"{one.size:012d}.note" not in damaged]
        yield from _lost(whole, roots, "file", "its folder")
        if not self.logged:  # a version that logged none wrote the file first, then the row
            in_rows = {row.size for row in self.rows}
            yield from (_finding(f"checkpoint file of {n} leaves is missing") for n in sorted(in_rows - roots.keys()))
            return
        known = {one.size for one in self.logged}
        strange = sorted(size for size in roots if size not in known)
        if strange and strange[-1] > max(known):
            strange.pop()  # signed and not logged yet, when the process was killed
        for size in strange:
            yield _finding(f"checkpoint file of {size} leaves is not among those that the ledger tells of")

    def _against_rows(self) -> Iterator[Finding]:
        told = {one.size: one for one in self.logged}
        for size, count in Counter(row.size for row in self.rows).items():
            if count > 1:
                yield _finding(f"the database holds the checkpoint over {size} leaves {count} times")
        for row in self.rows:
            if row.signed.checkpoint and row.signed.checkpoint.size != row.size:
                yield _finding(f"the row of {row.size} leaves holds the checkpoint over {row.signed.checkpoint.size}")
            if not self.logged:
                continue
            event = told.get(row.size)
            if event is None:
                yield _finding(f"the row of a checkpoint over {row.size} leaves is not one that the ledger tells of")
            elif row.time != event.at:
                yield _finding(f"the row of the checkpoint over {row.size} leaves says {row.time}, not {event.at}")
        rows = {row.size: row.signed.checkpoint.root for row in self.rows if row.signed.checkpoint}
        damaged = {row.size for row in self.rows if not row.signed.checkpoint}
        yield from _lost([one for one in self.logged if one.size not in damaged], rows, "row", "the database")


def _lost(logged: list[Logged], there: dict[int, bytes], what: str, where: str) -> Iterator[Finding]:
    """One finding for all that the ledger tells of and `there` has not, and one for each that is another."""
    lost = [one for one in logged if one.size not in there]
    if lost:
        numbers = _spans([one.number for one in lost])
        yield _finding(f"the {what} of checkpoint {numbers} is missing in {where}", lost[0].leaf)
    for one in logged:
        if there.get(one.size, one.root) != one.root:
            line = f"the {what} of checkpoint {one.number} bears another root than the one that was logged"
            yield _finding(line, one.leaf)


def _finding(line: str, leaf: int | None = None) -> Finding:
    return Finding(leaf, None, "checkpoint", f"{'ledger' if leaf is None else f'leaf {leaf}'}: {line}")


def _spans(numbers: Iterable[int]) -> str:
    """'1 to 4, 7'."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], number]
        else:
            spans.append([number])
    return ", ".join(" to ".join(map(str, span)) for span in spans)
