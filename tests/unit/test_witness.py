"""The witness: what it answers (C2SP tlog-witness), and that it never goes back, at once, over HTTP or when killed."""

from __future__ import annotations

import dataclasses
import itertools
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.audit.ledger.notes import COSIGNATURE, BadNote, Checkpoint, SigningKey, VerifierKey, parse_note
from backend.audit.witness.cosigning import Refused, ask
from backend.audit.witness.http_post import Unreachable
from backend.audit.witness.witness import SIZE, Submission, Witness
from backend.workspace.layout import BadInput
from tests.witnessing import KEY, Log, Serving

TIME = 1_790_000_000


@pytest.fixture
def witness(tmp_path) -> Witness:
    return Witness(tmp_path / "state", [KEY.verifier], "witness.example")


def request(log: Log, old: int, size: int | None = None, proof: list[bytes] | None = None) -> bytes:
    note = log.note(size)
    checkpoint = Checkpoint.parse(note.text)
    if proof is None:
        proof = log.prove(old, checkpoint.size) if 0 < old <= checkpoint.size else []
    return Submission(old, proof, note, checkpoint).body()


def test_a_growing_log_is_cosigned(witness):
    log, old = Log(40), 0
    for size in (0, 1, 1, 5, 16, 40):
        answer = witness.add_checkpoint(request(log, old, size), TIME)
        assert (answer.status, answer.media) == (200, "text/plain; charset=utf-8")
        cosigned = parse_note(f"{log.note(size)}{answer.body}")
        assert cosigned.signed_by(witness.key.verifier)
        assert cosigned.signed_by(KEY.verifier)
        assert witness.latest(KEY.name) == (size, log.nodes.root(size))
        old = size


def test_the_cosignature_is_the_one_of_the_specification(witness):
    """The signed message is spelled out here, not taken from the code that made it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    log = Log(3)
    line = witness.add_checkpoint(request(log, 0), TIME).body
    payload = parse_note(f"{log.note()}{line}").signatures[1].payload
    assert line.startswith("— witness.example ")
    assert payload[:8] == TIME.to_bytes(8, "big")
    message = f"cosignature/v1\ntime {TIME}\n{log.note().text}".encode()
    Ed25519PublicKey.from_public_bytes(witness.key.verifier.public).verify(payload[8:], message)


def test_a_smaller_tree_is_never_cosigned(witness):
    log = Log(20)
    assert witness.add_checkpoint(request(log, 0)).status == 200
    for old in (0, 5, 10):
        answer = witness.add_checkpoint(request(log, old, 10))
        assert (answer.status, answer.body, answer.media) == (409, "20\n", SIZE)
    assert witness.latest(KEY.name)[0] == 20


@pytest.mark.parametrize("size", [7, 8, 9, 30])
def test_another_history_is_never_cosigned(witness, size):
    assert witness.add_checkpoint(request(Log(7), 0)).status == 200
    forged = Log(size, "b")
    answer = witness.add_checkpoint(request(forged, 7))
    assert answer.status == (409 if size == 7 else 422)
    assert witness.latest(KEY.name) == (7, Log(7).nodes.root())
    ((_, origin, why, note),) = witness.evidence()
    assert (origin, note) == (KEY.name, str(forged.note()))
    assert why


def test_a_first_tree_of_nothing_has_the_empty_root(witness):
    empty = Log(0).note()
    forged = Checkpoint(KEY.name, 0, bytes(32))
    note = dataclasses.replace(empty, text=forged.text(), signatures=(KEY.sign(forged.text()),))
    assert witness.add_checkpoint(Submission(0, [], note, forged).body()).status == 409


def test_proofs_that_do_not_hold(witness):
    log = Log(20)
    proof = log.prove(9, 20)
    assert witness.add_checkpoint(request(log, 0, 9)).status == 200
    bad = [[], proof[:-1], proof[::-1], [*proof, bytes(32)], [bytes(32), *proof[1:]]]
    assert [witness.add_checkpoint(request(log, 9, proof=p)).status for p in bad] == [422] * 5
    assert witness.add_checkpoint(request(log, 9)).status == 200
    assert witness.add_checkpoint(request(log, 20, proof=[bytes(32)])).status == 422  # nothing to prove
    assert len(witness.evidence()) == 1, "one checkpoint, sent again and again, is one piece of evidence"


def test_who_signed_it_is_checked_first(witness):
    stranger = SigningKey.make(KEY.name)
    assert witness.add_checkpoint(request(Log(3, key=stranger), 0)).status == 403
    assert witness.add_checkpoint(request(Log(3, key=SigningKey.make("other.example")), 0)).status == 404
    cosigner = SigningKey(KEY.name, KEY.seed, COSIGNATURE)
    note = Log(3).note()
    wrong = dataclasses.replace(note, signatures=(cosigner.cosign(note.text, TIME),))
    assert witness.add_checkpoint(Submission(0, [], wrong, Checkpoint.parse(note.text)).body()).status == 403
    both = dataclasses.replace(note, signatures=(stranger.sign(note.text), *note.signatures))
    assert witness.add_checkpoint(Submission(0, [], both, Checkpoint.parse(note.text)).body()).status == 200


def test_an_exchanged_key_continues_the_log(tmp_path):
    new = SigningKey.make(KEY.name)
    witness = Witness(tmp_path / "state", [KEY.verifier, new.verifier])
    assert witness.add_checkpoint(request(Log(3), 0)).status == 200
    assert witness.add_checkpoint(request(Log(5, key=new), 3)).status == 200


GOOD = request(Log(9), 5).decode()
MALFORMED = {
    "nothing": "",
    "no old": GOOD.partition("\n")[2],
    "leading zero": GOOD.replace("old 5", "old 05"),
    "negative": GOOD.replace("old 5", "old -5"),
    "other digits": GOOD.replace("old 5", "old ٥"),
    "too large": GOOD.replace("old 5", "old " + "9" * 20),
    "larger than the checkpoint": GOOD.replace("old 5", "old 10"),
    "short hash": GOOD.replace(GOOD.split("\n")[1], "QUJD"),
    "no base64": GOOD.replace(GOOD.split("\n")[1], "!" * 44),
    "too many hashes": GOOD.replace("old 5\n", "old 5\n" + (GOOD.split("\n")[1] + "\n") * 64),
    "no gap": GOOD.replace("\n\n", "\n"),
    "carriage returns": GOOD.replace("\n", "\r\n"),
    "no last newline": GOOD[:-1],
    "half": GOOD[: len(GOOD) // 2],
    "large size": GOOD.replace("\n9\n", "\n9223372036854775807\n"),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_400(witness, body):
    assert witness.add_checkpoint(body.encode()).status == 400
    assert witness.latest(KEY.name)[0] == 0


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda t: f"old 0\n\n{t}".encode()))
def test_any_bytes_are_a_submission_or_one_line(body):
    try:
        parsed = Submission.parse(body)
    except BadNote:
        return
    assert Submission.parse(parsed.body()) == parsed


def test_of_many_at_once_no_answer_goes_back(witness):
    """Twelve threads submit growing and shrinking sizes; in the order of the database the sizes only grow."""
    log, given_out, lock = Log(200), [], threading.Lock()

    def submit(size: int) -> None:
        for _ in range(6):
            old, _root = witness.latest(KEY.name)
            if old > size:
                return
            if witness.add_checkpoint(request(log, old, size)).status == 200:
                after, _root = witness.latest(KEY.name)
                with lock:
                    given_out.append((size, after))
                return

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(submit, [*range(10, 200, 8), *range(195, 10, -8)]))
    assert given_out
    assert all(after >= size for size, after in given_out)
    assert witness.evidence() == []


def test_the_memory_outlives_the_process(tmp_path, witness):
    assert witness.add_checkpoint(request(Log(9), 0)).status == 200
    again = Witness(tmp_path / "state", [KEY.verifier])
    assert again.key == witness.key
    assert again.add_checkpoint(request(Log(12, "b"), 9)).status == 422


def test_a_key_without_its_memory_is_refused(tmp_path, witness):
    (tmp_path / "state" / "witness.db").unlink()
    with pytest.raises(BadInput, match="without memory"):
        Witness(tmp_path / "state", [KEY.verifier])


def test_what_else_does_not_open(tmp_path, witness):
    with pytest.raises(BadInput, match=r"found one of witness\.example"):
        Witness(tmp_path / "state", [KEY.verifier], "another")
    with pytest.raises(BadInput, match="key of a log"):
        Witness(tmp_path / "new", [witness.key.verifier])
    (tmp_path / "state" / "witness.key").chmod(0o644)
    with pytest.raises(BadInput, match="mode 644"):
        Witness(tmp_path / "state", [KEY.verifier])


def test_when_nothing_can_be_kept_nothing_is_signed(tmp_path, witness):
    (tmp_path / "state" / "witness.db").chmod(0o400)
    (tmp_path / "state" / "witness.db").write_bytes(b"")  # the tables are gone: every statement fails
    assert witness.add_checkpoint(request(Log(3), 0)).status == 503


# Over HTTP


def test_the_log_asks_and_is_told_what_was_seen(witness):
    log = Log(50)
    with Serving(witness) as url:
        first = ask(log.note(20), url, witness.key.verifier, 0, log.prove)
        assert abs(first.time.timestamp() - time.time()) < 60
        assert witness.key.verifier.verifies(log.note(20).text, first.signature)
        ask(log.note(50), url + "/", witness.key.verifier, 7, log.prove)  # a wrong memory: it says 20, and it is 20
        ask(log.note(50), url, witness.key.verifier, 0, log.prove)
    assert witness.latest(KEY.name)[0] == 50


def test_every_refusal_says_what_it_means(witness):
    log, forged = Log(50), Log(60, "b")
    with Serving(witness) as url:
        ask(log.note(), url, witness.key.verifier, 0, log.prove)
        cases = [
            (forged, 60, "forked", 422, "50 leaves that this log does not begin with"),
            (forged, 50, "forked", 409, "another root over the same 50 leaves"),
            (log, 30, "truncated", 409, "cosigned 50 leaves of this log, which now has 30"),
            (Log(60, key=SigningKey.make(KEY.name)), 60, "unknown", 403, "this log's key"),
            (Log(60, key=SigningKey.make("other")), 60, "unknown", 404, "does not know this log"),
        ]
        for (other, size, kind, status, line), seen in itertools.product(cases, (0, 50)):
            with pytest.raises(Refused, match=line) as refused:
                ask(other.note(size), url, witness.key.verifier, seen, other.prove)
            assert (refused.value.kind, refused.value.status) == (kind, status)


def test_a_cosignature_by_another_key_is_none(witness):
    stranger = SigningKey.make("witness.example", COSIGNATURE)
    with Serving(witness) as url, pytest.raises(Refused, match="not under its configured key"):
        ask(Log(3).note(), url, stranger.verifier, 0, Log(3).prove)


def test_http_is_bounded(witness):
    with Serving(witness) as url:
        assert httpx.post(f"{url}/add-checkpoint", content=bytes(200_000)).status_code == 413
        assert httpx.get(f"{url}/add-checkpoint").status_code == 405
        assert httpx.get(url).status_code == 404
    with pytest.raises(Unreachable):
        ask(Log(3).note(), url, witness.key.verifier, 0, Log(3).prove)


# Killed

CHILD = """
import sys
from pathlib import Path
from backend.audit.ledger.notes import VerifierKey
from backend.audit.witness.witness import Witness
from tests.unit.test_witness import request
from tests.witnessing import KEY, Log

witness, log = Witness(Path(sys.argv[1]), [KEY.verifier]), Log(4000)
for size in range(witness.latest(KEY.name)[0] + 1, 4000):
    answer = witness.add_checkpoint(request(log, size - 1, size))
    assert answer.status == 200, answer
    print(size, flush=True)
"""


@pytest.mark.crash
def test_killed_between_any_two_steps_it_has_forgotten_nothing_that_it_signed(tmp_path):
    """SIGKILL at moments that no one chose: what was answered is remembered, and another history stays refused."""
    for turn in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "state")], stdout=subprocess.PIPE, text=True
        )
        seen = [child.stdout.readline()]
        time.sleep(0.02 + 0.031 * turn)
        child.send_signal(signal.SIGKILL)
        seen += child.communicate()[0].splitlines()
        answered = max(int(line) for line in seen if line.strip())
        witness = Witness(tmp_path / "state", [KEY.verifier])
        remembered, root = witness.latest(KEY.name)
        assert remembered in (answered, answered + 1)  # one more where the answer was never sent
        assert root == Log(4000).nodes.root(remembered)
        assert witness.add_checkpoint(request(Log(4000, "b"), remembered)).status == 422
        assert witness.add_checkpoint(request(Log(4000), remembered, remembered)).status == 200


def test_settings(tmp_path, monkeypatch, witness):
    from backend.audit.witness.settings import RecordSettings, record_settings

    monkeypatch.delenv("WORKBENCH_SETTINGS", raising=False)
    assert record_settings(tmp_path) == RecordSettings()
    good = f'[[record.witnesses]]\nurl = "http://127.0.0.1:8600"\nkey = "{witness.key.verifier}"\n'
    stamps = '[record.timestamps]\nurl = "https://tsa.example/tsr"\nca = "tsa.pem"\n'
    file = tmp_path / "settings.toml"
    file.write_text(stamps + good + "[other]\nkey = 1\n")
    found = record_settings(tmp_path)
    assert VerifierKey.parse(found.witnesses[0].key) == witness.key.verifier
    assert found.timestamps.ca == str(tmp_path / "tsa.pem")
    elsewhere = tmp_path / "mine.toml"
    elsewhere.write_text("")
    monkeypatch.setenv("WORKBENCH_SETTINGS", str(elsewhere))
    assert record_settings(tmp_path) == RecordSettings()
    monkeypatch.setenv("WORKBENCH_SETTINGS", str(file))
    for text, what in {
        "record = 1": "record: ",
        "[record": "expected TOML",
        good.replace("url", "urls"): r"record\.witnesses, entry 1, url: expected a value, found none",
        good.replace("http:", "file:"): "http://HOST",
        good.replace(str(witness.key.verifier), str(KEY.verifier)): "one of a log",
        good.replace("+", "-"): "name.hash.key",
        good + good: "a key twice",
        "[record]\nwitness = []": r"record\.witness: ",
    }.items():
        file.write_text(text)
        with pytest.raises(BadInput, match=what):
            record_settings(tmp_path)
    file.unlink()
    with pytest.raises(BadInput, match="expected a file of settings"):
        record_settings(tmp_path)
