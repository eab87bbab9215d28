"""What others have vouched for, kept beside the checkpoints: NUMBER.cosigned (C2SP note) and NUMBER.tsr (RFC 3161).

None of it can be made again with the log's key alone. A root that a witness or an authority saw is held against the
leaves as a signed checkpoint is; the time at which they saw it, against the times that the leaves bear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ..ledger.clock import TOLERANCE
from ..ledger.notes import BadNote, Checkpoint, Note, VerifierKey, parse_note
from ..ledger.outside import Mark
from .cosigning import moment_of
from .timestamps import NotStamped, check

if TYPE_CHECKING:
    from cryptography import x509

COSIGNED, STAMP = ".cosigned", ".tsr"
LARGEST = 128 * 1024  # bytes of a file that is read at all


@dataclass
class Vouched:
    marks: list[Mark] = field(default_factory=list)
    times: list[tuple[int, datetime, str]] = field(default_factory=list)  # size, seen by then (UTC), by whom
    wrong: list[str] = field(default_factory=list)  # one line a file that is not what it should be

    def add(self, checkpoint: Checkpoint, time: datetime, source: str) -> None:
        self.marks.append(Mark(checkpoint.size, checkpoint.root, source))
        self.times.append((checkpoint.size, time, source))


def vouched(
    folder: Path, origin: str, witnesses: Iterable[VerifierKey], trusted: Sequence[x509.Certificate]
) -> Vouched:
    """What lies in the folder of checkpoints of the log `origin` and holds for these witnesses and certificates.

    Cosignatures under keys that are not among `witnesses` say nothing and are passed over, as are all stamps where
    nothing is `trusted`; what bears a known name and does not hold is wrong.
    """
    found, known = Vouched(), list(witnesses)
    for path in sorted(folder.glob(f"*{COSIGNED}")):
        _cosigned(path, origin, known, found)
    for path in sorted(folder.glob(f"*{STAMP}")) if trusted else ():
        _stamped(path, origin, trusted, found)
    return found


def late(
    times: Iterable[tuple[int, datetime, str]], newest: Callable[[int], tuple[int, str] | None]
) -> Iterator[tuple[int, str]]:
    """(leaf, line) of leaves that bear a later time than the one at which somebody had already seen them.

    newest: size -> (leaf, its RFC 3339 time) of the last one below that size, by the server's clock.
    """
    for size, seen, source in times:
        leaf, time = newest(size) or (None, None)
        ahead = _since(seen, time)
        if ahead and ahead > TOLERANCE:
            by = f"{source} had seen it {round(ahead.total_seconds()):,} s before"
            yield leaf, f"its time {time} is not when it was logged: {by}"


def early(told: Iterable[tuple[int, str, str]]) -> Iterator[tuple[int, str]]:
    """(leaf, line) of the events that tell of an answer and bear an earlier time than the answer: (leaf, time, at)."""
    for leaf, time, at in told:
        behind = _since(_moment(time), at)
        if behind and behind > TOLERANCE:
            by = f"the answer that it tells of was given {round(behind.total_seconds()):,} s later"
            yield leaf, f"its time {time} is not when it was logged: {by}"


def kept_beside(notes: Sequence[Path]) -> dict[str, bytes]:
    """What lies beside these checkpoint files, under the names that it has in a bundle."""
    files = [(f"cosigned/{path.name}", path.with_suffix(COSIGNED)) for path in notes]
    files += [(f"stamps/{path.stem}{STAMP}", path.with_suffix(STAMP)) for path in notes]
    return {name: _read(file) for name, file in files if file.is_file()}


def cosigned_note(path: Path) -> Note | None:
    """The note in a .cosigned file, or None where there is none that can be read."""
    try:
        return parse_note(_read(path))
    except (OSError, BadNote):
        return None


def _cosigned(path: Path, origin: str, known: list[VerifierKey], found: Vouched) -> None:
    try:
        note = parse_note(_read(path))
        checkpoint = _of(note, origin)
    except (OSError, BadNote) as error:
        found.wrong.append(f"{path.name} is no cosigned checkpoint of this log ({error})")
        return
    for key in known:
        for signature in note.signatures:
            if (signature.name, signature.key_hash) != (key.name, key.key_hash):
                continue
            if key.verifies(note.text, signature):
                found.add(checkpoint, moment_of(signature), f"witness {key.name}")
            else:
                found.wrong.append(f"{path.name} bears a cosignature of {key.name} that does not hold")


def _stamped(path: Path, origin: str, trusted: Sequence[x509.Certificate], found: Vouched) -> None:
    try:
        note = _read(path.with_suffix(".note"))
        checkpoint = _of(parse_note(note), origin)
        time = check(_read(path), note, trusted)
    except (OSError, BadNote, NotStamped) as error:
        found.wrong.append(f"{path.name} is no timestamp of its checkpoint ({error})")
        return
    found.add(checkpoint, time.astimezone(UTC), "the timestamp authority")


def _moment(text: str) -> datetime | None:
    """The time of an RFC 3339 text; None for another text, which is the ledger's own clock to find."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, TypeError):
        return None


def _since(start: datetime | None, text: str | None) -> timedelta | None:
    end = _moment(text)
    return end - start if start and end else None


def _of(note: Note, origin: str) -> Checkpoint:
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != origin:
        raise BadNote(f"it speaks of {checkpoint.origin[:80]}")
    return checkpoint


def _read(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(LARGEST)
