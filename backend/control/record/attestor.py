"""Asks the configured witnesses and the timestamp authority about every new checkpoint, in a thread of its own.

What they answer is kept beside the checkpoint and logged; a refusal is an alarm, in the ledger and on stderr. Whoever
cannot be reached stops nothing and is asked again. Only the newest checkpoint is asked about: it covers all before it.
Without witnesses and authority in the settings nothing runs and nothing leaves the machine.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...audit.ledger.notes import Checkpoint, Note, VerifierKey, parse_note
from ...audit.ledger.verify import Finding
from ...audit.witness.attestations import COSIGNED, STAMP, Vouched, cosigned_note, early, late, vouched
from ...audit.witness.cosigning import Cosignature, Refused, ask, moment_of
from ...audit.witness.http_post import Unreachable
from ...audit.witness.settings import RecordSettings, WitnessSettings
from ...audit.witness.timestamps import NotStamped, authority_certificates, check, stamp
from ...workspace.layout import write_atomic
from ...workspace.visible import visible
from .trail import Trail

AGAIN = 60.0  # seconds until somebody who could not be reached is asked again
PATIENCE = 5.0  # seconds that closing waits for an answer under way
ACTOR = "server"
FINDINGS = {"forked": "forked", "truncated": "rolled back", "unknown": "key"}  # refusal -> kind of finding
BEFORE = "SELECT leaf, time FROM ledger WHERE leaf < ? AND seq IS NULL ORDER BY leaf DESC LIMIT 1"
TOLD = """SELECT leaf, time, body FROM ledger WHERE kind IN ('checkpoint.witnessed', 'checkpoint.timestamped')
ORDER BY leaf"""


@dataclass(frozen=True)
class Outcome:
    """What came of asking `who` about the checkpoint of `size` leaves.

    `state`: "vouched", "refused" or "waiting"; `kind` of a refusal: one of FINDINGS.
    """

    who: str
    size: int
    state: str
    line: str
    kind: str | None = None
    time: str | None = None  # RFC 3339, by the clock of the one who vouched


class Attestor:
    def __init__(self, trail: Trail, settings: RecordSettings):
        self._trail, self._store, self._settings = trail, trail.store, settings
        self._witnesses = [(witness, VerifierKey.parse(witness.key)) for witness in settings.witnesses]
        self._trusted = authority_certificates(settings.timestamps.ca) if settings.timestamps else []
        self._turn = threading.Lock()
        self._outcomes: dict[str, tuple[str, Outcome]] = {}  # who -> the note asked about, what came of it
        self._wake, self._end = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        trail.attestor = self

    @property
    def configured(self) -> bool:
        return bool(self._witnesses or self._settings.timestamps)

    def start(self) -> None:
        if self.configured:
            self._thread = threading.Thread(target=self._loop, name="attestor", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """There is a new checkpoint."""
        self._wake.set()

    def close(self) -> None:
        """What was not answered by now is asked for again when the workspace is next opened."""
        self._end.set()
        self._wake.set()
        if self._thread:
            self._thread.join(PATIENCE)

    def status(self) -> list[dict[str, Any]]:
        """The last outcome of everybody asked so far: {"who", "size", "state", "line", "kind", "time"}."""
        return [asdict(outcome) for _, outcome in list(self._outcomes.values())]

    def turn(self) -> list[Outcome]:
        """Ask whoever has not spoken of the newest checkpoint, keep what they say and log it."""
        with self._turn:
            if not self.configured or (found := self._newest() or self._first()) is None:
                return []
            path, note = found
            outcomes = [self._witness(witness, key, path, note) for witness, key in self._witnesses]
            if self._settings.timestamps:
                outcomes.append(self._authority(self._settings.timestamps.url, path, note))
            return outcomes

    def vouched(self) -> Vouched:
        """What was kept beside the checkpoints of this log, checked again (backend/audit/witness/attestations.py)."""
        if not self.configured or (newest := self._newest()) is None:
            return Vouched()
        path, note = newest
        origin = Checkpoint.parse(note.text).origin
        return vouched(path.parent, origin, [key for _, key in self._witnesses], self._trusted)

    def findings(self, found: Vouched, known: set[str]) -> list[Finding]:
        """What the leaves alone do not show: files that do not hold, times that cannot be, and what the witnesses say
        when they are asked now, which nothing deleted on this machine can silence. Nothing of it is kept or logged.

        known: the kinds found so far; of those a witness's refusal says nothing new.
        """
        wrong = [Finding(None, None, "checkpoint", f"ledger: {line}") for line in found.wrong]
        times = [*late(found.times, self._last_before), *early(self._told())]
        wrong += [Finding(leaf, None, "clock", f"leaf {leaf}: {line}") for leaf, line in times]
        refused = [o for o in self._asked_again() if FINDINGS[o.kind] not in known]
        return [*wrong, *(Finding(None, None, FINDINGS[o.kind], f"ledger: {o.line}") for o in refused)]

    def _told(self) -> Iterator[tuple[int, str, str]]:
        """(leaf, its time, the time that the answer bears) of every answer in the ledger."""
        for row in self._store.rows(TOLD):
            with suppress(ValueError, TypeError, KeyError):  # an edited body is found as such
                yield row["leaf"], row["time"], json.loads(row["body"])["at"]

    def _newest(self) -> tuple[Path, Note] | None:
        """The newest checkpoint's file and note; None where there is none, or none that can be read."""
        with suppress(Exception):  # what is wrong with a ledger that cannot be read, verification says
            told = self._trail.tree()["checkpoint"]
            return told and (Path(told["path"]), parse_note(Path(told["path"]).read_bytes()))
        return None

    def _first(self) -> tuple[Path, Note] | None:
        """A checkpoint signed now, where there was none."""
        with suppress(Exception):
            self._trail.checkpoint()
        return self._newest()

    def _asked_again(self) -> list[Outcome]:
        """What the witnesses refuse when they are asked about the newest checkpoint, whatever was said before."""
        refused = []
        path, note = self._newest() or (None, None)
        for witness, key in self._witnesses if path else ():
            who, checkpoint = f"witness {key.name}", Checkpoint.parse(note.text)
            try:
                self._vouched(who, note, checkpoint, self._ask(witness, key, path, note).time)
            except Refused as no:
                refused.append(self._said(who, note, Outcome(who, checkpoint.size, "refused", no.line, no.kind)))
            except (Unreachable, OSError, ValueError) as error:
                self._waiting(who, note, checkpoint, error)
        return refused

    def _last_before(self, size: int) -> tuple[int, str] | None:
        rows = self._store.rows(BEFORE, [size])
        return (rows[0]["leaf"], rows[0]["time"]) if rows else None

    def _loop(self) -> None:
        last = False
        while not last:
            last = self._end.is_set()  # one more turn then: closing has just signed a checkpoint
            self._wake.clear()
            try:
                self.turn()
            except Exception:  # one bad turn must not end the asking; after the end, the store may be closed already
                if not last:
                    print(visible(traceback.format_exc(), lines=True), file=sys.stderr)
            if not last:
                self._wake.wait(AGAIN)

    def _witness(self, witness: WitnessSettings, key: VerifierKey, path: Path, note: Note) -> Outcome:
        who, checkpoint = f"witness {key.name}", Checkpoint.parse(note.text)
        file = path.with_suffix(COSIGNED)
        kept = cosigned_note(file)
        spoken = [s for s in kept.signatures if key.verifies(note.text, s)] if kept else []
        if spoken:
            return self._vouched(who, note, checkpoint, moment_of(spoken[0]))
        if refusal := self._refusal(who, note):
            return refusal
        try:
            found = self._ask(witness, key, path, note)
            signatures = kept.signatures if kept and kept.text == note.text else note.signatures
            write_atomic(file, str(Note(note.text, (*signatures, found.signature))).encode())
            self._log("checkpoint.witnessed", checkpoint, {"witness": key.name, "at": _text(found.time)})
        except Refused as refused:
            return self._refused(who, note, checkpoint, refused)
        except (Unreachable, OSError, ValueError) as error:  # ValueError: fewer leaves than the newest checkpoint
            return self._waiting(who, note, checkpoint, error)
        return self._vouched(who, note, checkpoint, found.time)

    def _ask(self, witness: WitnessSettings, key: VerifierKey, path: Path, note: Note) -> Cosignature:
        """The witness's cosignature. Raises Refused, also where what it cosigned before is not this checkpoint."""
        size = Checkpoint.parse(note.text).size
        kept = cosigned_note(path.with_suffix(COSIGNED))
        if kept and kept.text != note.text and any(kept.signed_by(known) for _, known in self._witnesses):
            line = f"{path.stem}{COSIGNED} holds another cosigned root over the same {size} leaves"
            raise Refused("forked", f"{line}: what was recorded has been changed", 409, size)
        return ask(note, witness.url, key, self._seen(path.parent, key), self._trail.proof)

    def _authority(self, url: str, path: Path, note: Note) -> Outcome:
        who, checkpoint = f"timestamp authority {url}", Checkpoint.parse(note.text)
        file = path.with_suffix(STAMP)
        try:
            message = path.read_bytes()
            if file.exists():
                return self._vouched(who, note, checkpoint, check(file.read_bytes(), message, self._trusted))
            token, time = stamp(message, url, self._trusted)
            write_atomic(file, token)
            told = {"authority": url, "at": _text(time), "token": hashlib.sha256(token).hexdigest()}
            self._log("checkpoint.timestamped", checkpoint, told)
        except (Unreachable, NotStamped, OSError) as error:
            return self._waiting(who, note, checkpoint, error)
        return self._vouched(who, note, checkpoint, time)

    def _seen(self, folder: Path, key: VerifierKey) -> int:
        """The size that this witness cosigned last, as far as is kept here; 0 where nothing is."""
        for file in sorted(folder.glob(f"*{COSIGNED}"), reverse=True):
            if (note := cosigned_note(file)) and note.signed_by(key):
                return Checkpoint.parse(note.text).size
        return 0

    def _refused(self, who: str, note: Note, checkpoint: Checkpoint, refused: Refused) -> Outcome:
        outcome = Outcome(who, checkpoint.size, "refused", refused.line, refused.kind)
        if self._refusal(who, note) is None:
            told = {
                "who": who,
                "why": refused.kind,
                "status": refused.status,
                "seen": refused.size,
                "line": refused.line,
            }
            self._log("checkpoint.refused", checkpoint, told)
            print(f"ALARM {self._store.path.parent}: {visible(refused.line)}", file=sys.stderr, flush=True)
        return self._said(who, note, outcome)

    def _vouched(self, who: str, note: Note, checkpoint: Checkpoint, time: datetime) -> Outcome:
        line = f"{who} vouched for {checkpoint.size} leaves at {_text(time)}"
        return self._said(who, note, Outcome(who, checkpoint.size, "vouched", line, time=_text(time)))

    def _waiting(self, who: str, note: Note, checkpoint: Checkpoint, error: Exception) -> Outcome:
        outcome = Outcome(who, checkpoint.size, "waiting", f"{who} has not vouched yet: {error}")
        before = self._outcomes.get(who)
        if before is None or before[1].state != "waiting":  # once an outage, not once a minute
            print(f"workbench: {visible(outcome.line)}; it is asked again", file=sys.stderr, flush=True)
        return self._said(who, note, outcome)

    def _refusal(self, who: str, note: Note) -> Outcome | None:
        text, outcome = self._outcomes.get(who, (None, None))
        return outcome if text == note.text and outcome.state == "refused" else None

    def _said(self, who: str, note: Note, outcome: Outcome) -> Outcome:
        self._outcomes[who] = (note.text, outcome)
        return outcome

    def _log(self, kind: str, checkpoint: Checkpoint, told: dict[str, Any]) -> None:
        body = {"size": checkpoint.size, "root": checkpoint.root.hex(), **told}
        self._store.write(lambda tx: tx.log(kind, body, actor=ACTOR))


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
