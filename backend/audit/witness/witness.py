"""A witness of C2SP tlog-witness: cosigns a log's checkpoint once it has seen that the log only grew.

For each log (origin) it remembers the latest checkpoint that it cosigned. Comparing with it and replacing it are one
transaction, durable before anything is signed: of two requests at once the later sees what the earlier left, and a
kill in between costs an answer, which the log asks for again, and never the memory of a larger tree.

    STATE/witness.db     what it has seen (SQLite, synchronous=EXTRA)
    STATE/witness.key    its key, mode 0600

A checkpoint that the log signed and that was not shown to continue it is kept: two roots over one size convict whoever
holds the log's key.
"""

from __future__ import annotations

import base64
import binascii
import re
import socket
import sqlite3
import stat
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ...workspace.layout import BadInput, write_atomic
from ..ledger.ledger import Tree
from ..ledger.notes import COSIGNATURE, ED25519, BadNote, Checkpoint, Note, SigningKey, VerifierKey, parse_note
from ..ledger.proofs import check_consistency

PLAIN, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"
MOST_HASHES = 63  # lines of a consistency proof
MOST_SIGNATURES = 64  # on a submitted checkpoint
MOST_EVIDENCE = 1_000  # refused checkpoints that are kept; the first ones tell the most
LARGEST_SIZE = 1 << 62  # leaves: SQLite's integers are signed
OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")

SCHEMA = """
CREATE TABLE IF NOT EXISTS latest (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT);
CREATE TABLE IF NOT EXISTS refused (note TEXT PRIMARY KEY, time INTEGER, origin TEXT, why TEXT);
"""


@dataclass(frozen=True)
class Answer:
    """What goes back over HTTP: 200 with a cosignature line, or the status that tlog-witness asks for."""

    status: int
    body: str
    media: str = PLAIN


@dataclass(frozen=True)
class Submission:
    """The body of add-checkpoint: the size that the log believes was cosigned last, the proof from it, the note."""

    old: int
    proof: list[bytes]
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, body: bytes) -> Submission:
        """Raises BadNote for anything that the protocol does not allow."""
        try:
            head, gap, note = body.decode("utf-8").partition("\n\n")
        except UnicodeDecodeError:
            raise BadNote("request: expected UTF-8, found something else") from None
        first, *lines = head.split("\n")
        old = OLD.fullmatch(first)
        if not gap or old is None:
            raise BadNote("request: expected `old` and a size, hashes, an empty line and a checkpoint")
        if len(lines) > MOST_HASHES:
            raise BadNote(f"request: expected at most {MOST_HASHES} hashes, found {len(lines)}")
        parsed = parse_note(note)
        if len(parsed.signatures) > MOST_SIGNATURES:
            raise BadNote(f"request: expected at most {MOST_SIGNATURES} signatures, found {len(parsed.signatures)}")
        checkpoint = Checkpoint.parse(parsed.text)
        if checkpoint.size > LARGEST_SIZE:
            raise BadNote(f"request: expected a size of at most {LARGEST_SIZE}, found {checkpoint.size}")
        return cls(int(old[1]), [_hash(line) for line in lines], parsed, checkpoint)

    def body(self) -> bytes:
        """The inverse of `parse`."""
        lines = [f"old {self.old}", *(base64.b64encode(hashed).decode() for hashed in self.proof), "", str(self.note)]
        return "\n".join(lines).encode()


class Witness:
    """The decisions of a witness and their memory in the folder `state`; any number of threads and processes."""

    def __init__(self, state: Path, origins: Iterable[VerifierKey], name: str | None = None):
        """`origins`: the keys of the logs, several of one name where a log has exchanged its key.

        The first call makes the witness's own key, under `name` (which is then remembered). Raises BadInput for a
        key without its memory and for another name.
        """
        self._trusted: dict[str, list[VerifierKey]] = {}
        for key in origins:
            if key.algorithm != ED25519:
                raise BadInput(f"--origin-key: expected the key of a log, found one of a witness: {key}")
            self._trusted.setdefault(key.name, []).append(key)
        self._database = Path(state) / "witness.db"
        self.key = self._open(Path(state), name)

    def add_checkpoint(self, body: bytes, moment: int | None = None) -> Answer:
        """Answer one request at `moment` (seconds since 1970, now when None)."""
        try:
            submitted = Submission.parse(body)
        except BadNote as error:
            return Answer(400, f"{error}\n")
        checkpoint = submitted.checkpoint
        trusted = self._trusted.get(checkpoint.origin)
        if trusted is None:
            return Answer(404, "origin: expected a log that this witness knows\n")
        if not any(submitted.note.signed_by(key) for key in trusted):
            return Answer(403, "signature: expected one by a key that this witness trusts for the log\n")
        if submitted.old > checkpoint.size:
            return Answer(400, "old: expected a size of at most the checkpoint's\n")
        moment = int(time.time()) if moment is None else moment
        try:
            refusal = self._advance(submitted, moment)
        except sqlite3.OperationalError as error:  # busy for too long, disk full: nothing was kept, nothing is signed
            return Answer(503, f"witness: the checkpoint could not be kept: {error}\n")
        return refusal or Answer(200, self.key.cosign(submitted.note.text, moment).line())

    def latest(self, origin: str) -> tuple[int, bytes]:
        """(size, root) of the log's checkpoint that was cosigned last; the empty tree where none was."""
        with closing(self._connect()) as connection:
            return _latest(connection, origin)

    def evidence(self) -> list[tuple[int, str, str, str]]:
        """(time, origin, why, note) of the signed checkpoints that were refused, oldest first."""
        with closing(self._connect()) as connection:
            return connection.execute("SELECT time, origin, why, note FROM refused ORDER BY rowid").fetchall()

    def _advance(self, submitted: Submission, moment: int) -> Answer | None:
        """Compare with the latest checkpoint and take its place, in one durable step; None when that was done."""
        checkpoint = submitted.checkpoint
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")  # from here on no other request reads or writes
            size, root = _latest(connection, checkpoint.origin)
            refusal, why = _judge(submitted, size, root)
            if why:
                kept = "SELECT ?, ?, ?, ? WHERE (SELECT count(*) FROM refused) < ?"
                row = (str(submitted.note), moment, checkpoint.origin, why, MOST_EVIDENCE)
                connection.execute(f"INSERT OR IGNORE INTO refused {kept}", row)
            elif refusal is None:
                row = (checkpoint.origin, checkpoint.size, checkpoint.root, str(submitted.note))
                connection.execute("INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?)", row)
            connection.execute("COMMIT")
        return refusal

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._database, timeout=10, isolation_level=None)
        connection.execute("PRAGMA synchronous = EXTRA")  # the journal's end is durable too, before COMMIT returns
        return connection

    def _open(self, state: Path, name: str | None) -> SigningKey:
        """The key, after the memory: one without the other would cosign anything as if for the first time."""
        path = state / "witness.key"
        if path.exists() and not self._database.exists():
            raise BadInput(f"{state}: expected witness.db beside witness.key; a witness without memory needs a new key")
        try:
            state.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(self._connect()) as connection:
                connection.executescript(SCHEMA)
            if not path.exists():
                made = SigningKey.make(name or f"{socket.gethostname()}/witness", COSIGNATURE)
                write_atomic(path, f"{made.secret_text()}\n".encode(), mode=0o600)
            if (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
                raise BadInput(f"{path}: expected a key that only its owner can read (mode 600), found mode {mode:o}")
            key = SigningKey.parse(path.read_text(encoding="utf-8"))
        except (OSError, sqlite3.Error, BadNote, UnicodeDecodeError) as error:
            raise BadInput(f"{state}: expected the state of a witness, found: {error}") from None
        if key.algorithm != COSIGNATURE or name not in (None, key.name):
            raise BadInput(f"{path}: expected the key of a witness named {name}, found one of {key.name}")
        return key


def _judge(submitted: Submission, size: int, root: bytes) -> tuple[Answer | None, str]:
    """(the refusal or None, why it is evidence or nothing) against the latest cosigned size and root."""
    checkpoint = submitted.checkpoint
    if submitted.old != size:
        return Answer(409, f"{size}\n", SIZE), ""
    if checkpoint.size == size and checkpoint.root != root:
        return Answer(409, f"{size}\n", SIZE), f"another root over {size} leaves"
    if not check_consistency(size, checkpoint.size, root, checkpoint.root, submitted.proof):
        line = f"proof: expected one from {size} to {checkpoint.size} leaves that holds\n"
        return Answer(422, line), "no proof that it continues what was cosigned"
    return None, ""


def _latest(connection: sqlite3.Connection, origin: str) -> tuple[int, bytes]:
    row = connection.execute("SELECT size, root FROM latest WHERE origin = ?", [origin]).fetchone()
    return row or (0, Tree().root)


def _hash(line: str) -> bytes:
    try:
        decoded = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != 32 or base64.b64encode(decoded).decode() != line:
        raise BadNote(f"request: expected a hash of 32 bytes in base64, found {line[:60]!r}")
    return decoded
