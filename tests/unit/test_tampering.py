"""Random damage of every kind to small ledgers, as somebody with the database, with the key, or with the files does it.

Each is found and named as the kind that it is; ledgers that nobody touched raise no alarm. By default some 150 cases;
`-m slow` runs 1,200 and 10,000 clean ledgers.
"""

from __future__ import annotations

import base64
import random
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from backend.audit.ledger.canonical import canonical
from backend.audit.ledger.checkpoints import Signed, from_text
from backend.audit.ledger.keys import new_key, rotation_note
from backend.audit.ledger.ledger import Leaf, Tree
from backend.audit.ledger.notes import Checkpoint, SigningKey, sign_note
from backend.audit.ledger.outside import Mark, Outside
from backend.audit.ledger.payloads import Payload, committed
from backend.audit.ledger.verify import KINDS, verify
from backend.control.record.reading import StoreDamaged
from backend.control.record.store import Store

DIGEST = "ab" * 32


class Log:
    """A small ledger in memory, built as the server builds it, which can be damaged and looked at again."""

    def __init__(self, draw: random.Random, events: int = 40):
        self.draw, self.key = draw, new_key()
        self.time = datetime(2026, 11, 1) + timedelta(seconds=draw.randrange(10**6))
        self.leaves: list[Leaf] = []
        self.payloads: dict[int, Payload] = {}
        self.past: dict[int, dict[int, Payload]] = {}  # size -> the payloads then
        self.roots: list[tuple[int, bytes]] = []
        self.signed: list[Signed] = []
        self.files = {DIGEST: DIGEST}
        self.seq = {"r1": 0, "r2": 0}
        self.add("key.created", {"key": str(self.key.verifier)}, actor="server")
        while len(self.leaves) < events:
            for _ in range(draw.randint(1, 6)):
                self.step()
            self.commit()
            if draw.random() < 0.3:
                self.checkpoint()
        self.checkpoint()

    def step(self) -> None:
        run, what = self.draw.choice(["r1", "r2"]), self.draw.random()
        self.time += timedelta(milliseconds=self.draw.randrange(-500, 60_000))  # a clock that is set right now and then
        if what < 0.6:
            subjects = [{"role": "maps", "sha256": DIGEST, "type": "json", "bytes": 2}] if what < 0.1 else []
            self.add("metrics", {"loss": self.draw.random()}, run=run, seq=self.seq[run], subjects=subjects)
            self.seq[run] += 1
        elif what < 0.8:
            self.add("job.state", {"state": "running"}, run=run, actor="supervisor")
        elif what < 0.95 or not self.payloads:
            payload = Payload.of({"name": str(self.draw.random())})
            self.payloads[len(self.leaves)] = payload
            self.add("selection", committed({"rows": [1]}, payload), run=run, actor="anna")
        else:
            gone = self.draw.choice(sorted(self.payloads))
            del self.payloads[gone]
            self.add("payload.redacted", {"leaf": gone, "reason": "asked to"}, run=run, actor="anna")

    def add(self, kind, body, run=None, seq=None, actor="worker", subjects=()):
        time = self.time.isoformat(timespec="microseconds") + "Z"
        leaf = Leaf(len(self.leaves), time, actor, kind, run, seq, None, canonical(list(subjects)), canonical(body))
        self.leaves.append(leaf)

    def commit(self) -> None:
        self.roots.append((len(self.leaves), self.root(len(self.leaves))))
        self.past[len(self.leaves)] = dict(self.payloads)

    def root(self, size: int) -> bytes:
        tree = Tree()
        for leaf in self.leaves[:size]:
            tree.append(leaf.hash())
        return tree.root

    def checkpoint(self) -> None:
        size = len(self.leaves)
        if not self.signed or self.signed[-1].checkpoint.size < size:
            note = sign_note(Checkpoint(self.key.name, size, self.root(size)).text(), self.key)
            self.signed.append(from_text(f"{size:012d}.note", str(note)))

    def rotate(self) -> None:
        new = SigningKey.make(self.key.name)
        self.add("key.rotated", {"key": str(new.verifier), "note": rotation_note(self.key, new.verifier)}, actor="anna")
        self.key = new
        self.commit()

    def stored(self) -> list[tuple[Leaf, bytes]]:
        return [(leaf, leaf.hash()) for leaf in self.leaves]

    def rehash(self) -> None:
        """What an intruder with the database does: numbers, hashes and roots anew; the checkpoints lie elsewhere."""
        self.leaves = [replace(leaf, leaf=i) for i, leaf in enumerate(self.leaves)]
        self.roots = [(size, self.root(size)) for size, _ in self.roots if size <= len(self.leaves)]
        if not self.roots or self.roots[-1][0] < len(self.leaves):
            self.commit()

    def check(self, stored=None, marks=()):
        outside = Outside(self.signed, self.key.verifier, marks, self.payloads)
        leaves = self.stored() if stored is None else stored
        return verify(leaves, self.roots, lambda sha256, _: self.files.get(sha256), outside=outside)

    def any(self, *kinds: str, low: int = 1) -> int:
        """The number of some leaf, of one of these kinds where there are any named."""
        found = [leaf.leaf for leaf in self.leaves[low:] if not kinds or leaf.kind in kinds]
        return self.draw.choice(found)


# One damage each: changes the log, returns (what the verifier reads, the kinds that are right, the leaf that is named).


def edit(log: Log):
    at, stored = log.any(), log.stored()
    leaf, hashed = stored[at]
    column = log.draw.choice(["time", "actor", "kind", "body", "subjects"])
    text = getattr(leaf, column)
    place = log.draw.randrange(len(text))
    other = log.draw.choice([c for c in "abz09 -{" if c != text[place]])
    stored[at] = (replace(leaf, **{column: text[:place] + other + text[place + 1 :]}), hashed)
    return stored, {"edited"}, at


def delete(log: Log):
    at, stored = log.any(low=1), log.stored()
    del stored[at]
    return stored, {"truncated"} if at == len(stored) else {"missing leaf"}, None if at == len(stored) else at + 1


def insert(log: Log):
    at, stored = log.any(), log.stored()
    leaf = replace(stored[at][0], body='{"loss":0}') if log.draw.random() < 0.5 else stored[at][0]
    stored.insert(at + 1, (leaf, leaf.hash()))
    return stored, {"repeated leaf"}, at


def reorder(log: Log):
    at, stored = log.draw.randrange(1, len(log.leaves) - 1), log.stored()
    (a, ha), (b, hb) = stored[at], stored[at + 1]
    stored[at], stored[at + 1] = (replace(b, leaf=a.leaf), hb), (replace(a, leaf=b.leaf), ha)
    return stored, {"reordered"}, at


def truncate(log: Log):
    cut = log.draw.randrange(1, len(log.leaves))
    return log.stored()[:cut], {"truncated"}, None


def restore(log: Log):
    """An older database in the place of the new one; the checkpoints beside it are those of the new one."""
    size = log.draw.choice([size for size, _ in log.roots[:-1]])
    log.leaves, log.roots = log.leaves[:size], [r for r in log.roots if r[0] <= size]
    log.payloads = log.past[size]
    return None, {"rolled back"}, None


def rewrite(log: Log):
    """A leaf changed, and every number, hash and root after it made to fit."""
    at = log.any("metrics", "job.state")
    log.leaves[at] = replace(log.leaves[at], body='{"loss":0,"state":"succeeded"}')
    log.rehash()
    return None, {"forked"}, None


def fork(log: Log):
    """Another history behind some point, as long as the first."""
    at = log.draw.randrange(1, log.signed[-1].checkpoint.size)
    for i in range(at, len(log.leaves)):
        if log.leaves[i].kind == "metrics":
            log.leaves[i] = replace(log.leaves[i], body=f'{{"loss":{i}}}')
    log.leaves[at] = replace(log.leaves[at], actor="nobody")
    log.rehash()
    return None, {"forked"}, None


def steal(log: Log):
    """Everything written anew with the key, checkpoints too; what a witness saw before stays."""
    seen = [Mark(s.checkpoint.size, s.checkpoint.root, "witness w") for s in log.signed]
    at = log.any("metrics", "job.state")
    log.leaves[at] = replace(log.leaves[at], body="{}")
    log.rehash()
    sizes, log.signed = [s.checkpoint.size for s in log.signed], []
    for size in sizes:
        note = sign_note(Checkpoint(log.key.name, size, log.root(size)).text(), log.key)
        log.signed.append(from_text(f"{size:012d}.note", str(note)))
    return seen, {"forked"}, None


def clock(log: Log):
    """The clock set back, then events recorded as ever, signed and all."""
    log.time -= timedelta(minutes=log.draw.randrange(400, 10_000))
    at = len(log.leaves)
    log.add("job.state", {"state": "running"}, run="r1", actor="supervisor")
    log.commit()
    log.checkpoint()
    return None, {"clock"}, at


def artefact(log: Log):
    log.files[DIGEST] = log.draw.choice([None, "cd" * 32])
    if not any(DIGEST in leaf.subjects for leaf in log.leaves):
        log.add("metrics", {}, run="r1", seq=log.seq["r1"], subjects=[{"role": "m", "sha256": DIGEST, "type": "json"}])
        log.commit()
    first = next(leaf.leaf for leaf in log.leaves if DIGEST in leaf.subjects)
    return None, {"file missing", "file replaced"}, first


def missing_event(log: Log):
    """An event of a run that was never logged, though all that was logged is whole."""
    at = len(log.leaves)
    log.add("metrics", {}, run="r1", seq=log.seq["r1"] + log.draw.randint(1, 5))
    log.commit()
    log.checkpoint()
    return None, {"gap"}, at


def payload(log: Log):
    if not log.payloads:
        made = Payload.of({"name": "J"})
        log.payloads[len(log.leaves)] = made
        log.add("selection", committed({}, made), run="r1", actor="anna")
        log.commit()
    at = log.draw.choice(sorted(log.payloads))
    if log.draw.random() < 0.5:
        log.payloads[at] = replace(log.payloads[at], text='{"name":"other"}')
    else:
        del log.payloads[at]
    return None, {"payload"}, at


def signature(log: Log):
    at = log.draw.randrange(len(log.signed))
    was = log.signed[at]
    (one,) = was.note.signatures
    flipped = bytes([*one.payload[:9], one.payload[9] ^ 1 << log.draw.randrange(8), *one.payload[10:]])
    raw = str(was.note).replace(base64.b64encode(one.key_hash + one.payload).decode(), "")
    log.signed[at] = from_text(was.source, raw.rstrip("\n") + base64.b64encode(one.key_hash + flipped).decode() + "\n")
    return None, {"checkpoint"}, None


def foreign_key(log: Log):
    """A key exchanged by somebody who does not hold the old one."""
    new, thief = SigningKey.make(log.key.name), SigningKey.make(log.key.name)
    at = len(log.leaves)
    log.add("key.rotated", {"key": str(new.verifier), "note": rotation_note(thief, new.verifier)})
    log.commit()
    return None, {"key"}, at


DAMAGE = [
    edit,
    delete,
    insert,
    reorder,
    truncate,
    restore,
    rewrite,
    fork,
    steal,
    clock,
    artefact,
    missing_event,
    payload,
    signature,
    foreign_key,
]


def strike(damage, seed: int) -> None:
    log = Log(random.Random(seed), events=20 + seed % 40)
    if seed % 3 == 0:
        log.rotate()
        log.checkpoint()
    assert log.check().ok, log.check().findings
    read, kinds, leaf = damage(log)
    report = log.check(marks=read) if damage is steal else log.check(read)
    assert not report.ok, f"{damage.__name__}, seed {seed}: not found"
    first = report.findings[0]
    assert first.kind in kinds, f"{damage.__name__}, seed {seed}: {first}"
    assert first.kind in KINDS
    assert leaf is None or first.leaf == leaf, f"{damage.__name__}, seed {seed}: expected leaf {leaf}, {first}"
    assert "\n" not in first.line


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_damage_is_found_and_named(damage):
    for seed in range(10):
        strike(damage, seed)


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_much_damage_is_found_and_named(damage):
    for seed in range(1_000, 1_080):
        strike(damage, seed)


def clean(seed: int) -> None:
    """Redactions and steps of the clock below five minutes are in every log; keys are exchanged in every third."""
    log = Log(random.Random(seed), events=5 + seed % 30)
    if seed % 3 == 0:
        log.rotate()
        for _ in range(4):
            log.step()
        log.commit()
        log.checkpoint()
    report = log.check()
    assert report.ok, f"seed {seed}: {report.findings}"
    erased = sum(leaf.kind == "payload.redacted" for leaf in log.leaves)
    assert report.redacted == erased


def test_clean_logs_raise_no_alarm():
    for seed in range(150):
        clean(seed)


@pytest.mark.slow
def test_ten_thousand_clean_logs_raise_no_alarm():
    for seed in range(10_000, 20_000):
        clean(seed)


def test_a_rewrite_with_the_key_is_not_found_without_a_witness():
    """What the product must not claim: nothing in the workspace itself tells."""
    log = Log(random.Random(1))
    marks, _, _ = steal(log)
    assert log.check().ok
    assert not log.check(marks=marks).ok


# A flipped byte in the database file


def flip(path, draw: random.Random) -> str:
    """Flip a bit of a copy of the file; how it was noticed: "alarm", "finding", or "unread" where nothing changed."""
    raw, copy = path.read_bytes(), path.with_name("flipped.duckdb")
    place = draw.randrange(len(raw))
    copy.write_bytes(raw[:place] + bytes([raw[place] ^ 1 << draw.randrange(8)]) + raw[place + 1 :])
    try:
        with closing(Store(copy)) as flipped, closing(Store(path)) as clean:
            if _everything(flipped) == _everything(clean):
                return "unread"
            roots, _, leaves = flipped.ledger()
            return "missed" if verify(leaves, roots, lambda sha256, _: sha256).ok else "finding"
    except StoreDamaged as alarm:
        return "alarm" if "\n" not in str(alarm) else "more than a line"


def _everything(store: Store):
    roots, count, leaves = store.ledger()
    return roots, count, list(leaves)


def test_a_flipped_byte_of_the_file_is_found_or_changes_nothing(tmp_path):
    """DuckDB keeps a checksum of every block that it uses; a byte of another block is never read."""
    path, draw = tmp_path / "t.duckdb", random.Random(3)
    with closing(Store(path)) as store:
        for batch in range(20):
            store.write(lambda tx, b=batch: [tx.log("m", {"i": i + 100 * b}, actor="w") for i in range(100)])
    noticed = [flip(path, draw) for _ in range(12)]
    assert set(noticed) <= {"alarm", "finding", "unread"}
    assert noticed.count("unread") < 12
