"""Ask a witness for its cosignature of a checkpoint (the log's side of C2SP tlog-witness)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ..ledger.notes import BadNote, Checkpoint, Note, Signature, VerifierKey, cosigned_at, parse_note
from .http_post import Reply, Unreachable, one_line, post
from .witness import SIZE, Submission

MEDIA = "text/plain; charset=utf-8"


class Refused(Exception):
    """The witness will not cosign. `status`: of HTTP; `size`: of the tree that it saw last, where it says so.

    `kind`: "forked" or "truncated" where what it has seen contradicts this log, "unknown" where it does not know the
    log or its key.
    """

    def __init__(self, kind: str, line: str, status: int, size: int | None = None):
        super().__init__(line)
        self.kind, self.line, self.status, self.size = kind, line, status, size


@dataclass(frozen=True)
class Cosignature:
    signature: Signature
    time: datetime  # UTC, by the witness's clock


def ask(note: Note, url: str, key: VerifierKey, seen: int, prove: Callable[[int, int], list[bytes]]) -> Cosignature:
    """The cosignature of `note` (a checkpoint that the log signed) by the witness `key` at `url`.

    seen: the size that this witness cosigned last, as far as is known, or 0; it says so when that is wrong.
    prove: (first, second) -> consistency proof. Raises Refused, and Unreachable for all that asking again may mend.
    """
    checkpoint = Checkpoint.parse(note.text)
    old = min(seen, checkpoint.size)
    reply = _submit(note, checkpoint, url, old, prove)
    known = _size(reply)
    if known is not None and known != old and known <= checkpoint.size:
        old = known
        reply = _submit(note, checkpoint, url, old, prove)
    if reply.status == 200:
        return _cosignature(note.text, reply, url, key)
    raise _refusal(checkpoint, reply, url, key, old)


def _submit(note: Note, checkpoint: Checkpoint, url: str, old: int, prove: Callable[[int, int], list[bytes]]) -> Reply:
    proof = prove(old, checkpoint.size) if 0 < old < checkpoint.size else []
    return post(f"{url.rstrip('/')}/add-checkpoint", Submission(old, proof, note, checkpoint).body(), MEDIA)


def _size(reply: Reply) -> int | None:
    """The size in a 409: of the tree that the witness saw last."""
    digits = reply.body.removesuffix(b"\n")
    if reply.status == 409 and reply.media.partition(";")[0].strip() == SIZE and digits.isdigit() and len(digits) < 20:
        return int(digits)
    return None


def _cosignature(text: str, reply: Reply, url: str, key: VerifierKey) -> Cosignature:
    """The line of `key` among those of the answer; lines of keys that were not configured say nothing."""
    try:
        lines = parse_note(text.encode() + b"\n" + reply.body).signatures
    except BadNote as error:
        raise Unreachable(f"{url}: expected cosignature lines, found: {error}") from None
    for signature in lines:
        if key.verifies(text, signature):
            return Cosignature(signature, moment_of(signature))
    raise Refused("unknown", f"{key.name} answered, but not under its configured key", reply.status)


def moment_of(signature: Signature) -> datetime:
    """The time in a cosignature, UTC; the end of time for one that no clock of ours can say."""
    seconds = cosigned_at(signature) or 0
    return datetime.fromtimestamp(min(seconds, 253_402_300_799), UTC)


def _refusal(checkpoint: Checkpoint, reply: Reply, url: str, key: VerifierKey, old: int) -> Exception:
    said = one_line(reply.body[:200].decode("utf-8", "replace"))
    size = _size(reply)
    if size is not None and size > checkpoint.size:
        gone = f"{key.name} has cosigned {size} leaves of this log, which now has {checkpoint.size}"
        return Refused("truncated", f"{gone}: leaves were taken away, or an older state was put back", 409, size)
    if size is not None:
        other = f"{key.name} has cosigned another root over the same {size} leaves"
        return Refused("forked", f"{other}: what was recorded has been changed", 409, size)
    if reply.status == 422:
        other = f"{key.name} has cosigned {old} leaves that this log does not begin with"
        return Refused("forked", f"{other}: what was recorded has been changed", 422, old)
    if reply.status in (403, 404):
        what = "this log" if reply.status == 404 else "this log's key"
        return Refused(
            "unknown", f"{key.name} does not know {what}: it has to be told the key of the log", reply.status
        )
    return Unreachable(f"{url}: expected a cosignature, found {reply.status} {said}".rstrip())
