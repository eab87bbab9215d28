"""The ledger as a whole: checkpoints outside the database, erasure, retention, keys."""

import os
import shutil

import pytest

from backend.audit.ledger import retention
from backend.audit.ledger.keys import FILE
from backend.audit.ledger.notes import VerifierKey, opened, parse_note
from backend.audit.ledger.outside import Mark
from backend.audit.witness.attestations import Vouched
from backend.control.record.ingest import ingest
from backend.control.runs import runs
from backend.control.runs.runs import NotFound
from backend.control.service import Service
from backend.workspace.events import EventLog, read_events
from backend.workspace.layout import BadInput


@pytest.fixture
def service(tmp_path):
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    yield service
    service.close()


def log(service, count=3, **options):
    options = {"actor": "tests", "run": "r1", **options}
    return service.store.write(lambda tx: [tx.log("metrics", {"i": i}, **options) for i in range(count)])


def kinds(service):
    return [f["kind"] for f in service.verify()["findings"]]


def notes(service):
    return sorted(service.trail.kept.folder.glob("*/*.note"))


def test_an_empty_ledger_has_nothing_to_sign(service):
    assert service.trail.checkpoint() is None
    assert service.trail.tree()["checkpoint"] is None
    assert not (service.workspace.root / FILE).exists()


def test_a_checkpoint_is_signed_and_kept_outside(service):
    log(service)
    told = service.trail.checkpoint()
    assert told["size"] == 4  # the event that names the key is the fourth
    assert service.trail.checkpoint() == told
    (path,) = notes(service)
    note = parse_note(path.read_bytes())
    assert opened(note, [VerifierKey.parse(told["key"])])
    tree = service.trail.tree()
    assert tree["checkpoint"] == told
    assert tree["keys"] == [{"leaf": 3, "key": told["key"]}]
    report = service.verify()
    assert (report["ok"], report["checkpoints"]) == (True, 1)


def test_the_end_of_a_process_leaves_a_checkpoint(tmp_path):
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    log(service)
    service.close()
    (path,) = notes(service)
    assert path.name == "000000000004.note"
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    service.close()
    assert notes(service) == [path]


def test_a_run_that_ends_leaves_a_checkpoint(service, monkeypatch):
    service.trail.start()
    log(service)
    assert notes(service) == []
    service.store.write(lambda tx: tx.log("run.finished", {}, actor="worker", run="r1", seq=0))
    for _ in range(100):
        if notes(service):
            break
        service.trail._end.wait(0.05)
    assert [path.name for path in notes(service)] == ["000000000005.note"]


def test_an_older_database_put_in_its_place_is_found_and_never_signed(tmp_path):
    root = tmp_path / "ws"
    service = Service.open(root, start_supervisor=False)
    log(service)
    service.close()
    shutil.copy(root / "workbench.duckdb", tmp_path / "old")
    service = Service.open(root, start_supervisor=False)
    log(service)
    service.close()
    shutil.copy(tmp_path / "old", root / "workbench.duckdb")
    service = Service.open(root, start_supervisor=False)
    report = service.verify()
    assert [f["kind"] for f in report["findings"]] == ["rolled back"]
    assert "vouches for 9 leaves, the ledger holds 5" in report["findings"][0]["line"]
    log(service, 10)
    with pytest.raises(BadInput, match="expected at least the 8 leaves that were signed, found 5"):
        service.trail.checkpoint()
    assert set(kinds(service)) == {"forked", "unsigned"}
    service.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw.replace(b"\n4\n", b"\n5\n"), "is not signed by the key"),
        (lambda raw: raw[:-20] + b"\n", "is no signed checkpoint"),
        (lambda raw: b"", "is no signed checkpoint"),
        (lambda raw: b"\xff" * 70_000, "is no signed checkpoint"),
    ],
)
def test_a_checkpoint_that_was_changed(service, change, words):
    log(service)
    service.trail.checkpoint()
    (path,) = notes(service)
    path.write_bytes(change(path.read_bytes()))
    findings = service.verify()["findings"]
    assert {finding["kind"] for finding in findings} == {"checkpoint"}
    assert words in " ".join(finding["line"] for finding in findings)


def test_a_key_is_exchanged_and_old_checkpoints_stay_valid(service):
    log(service)
    first = service.trail.checkpoint()["key"]
    rotated = service.trail.rotate_key("anna")
    log(service)
    assert service.trail.checkpoint()["key"] == rotated["key"] != first
    report = service.verify()
    assert (report["ok"], report["checkpoints"]) == (True, 3)
    assert [k["key"] for k in service.trail.tree()["keys"]] == [first, rotated["key"]]


def test_a_retired_key_signs_nothing_more(service):
    log(service)
    service.trail.checkpoint()
    old = (service.workspace.root / FILE).read_text()
    service.trail.rotate_key()
    (service.workspace.root / FILE).write_text(old)
    log(service)
    with pytest.raises(BadInput, match="expected the key that the ledger names"):
        service.trail.checkpoint()
    assert kinds(service) == ["key"]


def test_what_a_witness_saw_is_held_against_the_ledger(service):
    log(service)
    service.trail.checkpoint()
    service.attestor.vouched = lambda: Vouched([Mark(2, bytes(32), "witness w")])
    (finding,) = service.verify()["findings"]
    assert (finding["kind"], finding["leaf"]) == ("forked", 0)
    assert "witness w" in finding["line"]


def test_a_verification_can_be_ended_at_any_turn(service):
    subject = service.artefacts.put_bytes("maps", b"{}", "json").as_dict()
    log(service, 10_000, subjects=[subject])
    for turn in (10_000, 10_001):  # among the events, then among the files

        def stop(done, total, turn=turn):
            if done >= turn:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            service.verify(stop)
    log(service)
    assert service.verify()["ok"]


def test_a_copied_checkpoint_keeps_the_time_of_its_signature(service):
    log(service)
    told = service.trail.checkpoint()
    os.utime(told["path"], (0, 0))
    assert service.trail.tree()["checkpoint"] == told
    assert service.trail.signed()["time"] == told["time"]


def test_the_newest_checkpoint_is_known_without_reading_files(service):
    assert service.trail.signed() is None
    log(service)
    size = service.trail.checkpoint()["size"]
    log(service)
    assert service.trail.signed()["size"] == size


def test_proofs_for_a_witness(service):
    log(service, 7)
    assert len(service.trail.proof(3, 7)) == 4


# Erasure


def test_private_fields_are_shown_until_they_are_erased(service):
    (leaf,) = log(service, 1, private={"name": "Jane Roe", "why": "asked"})
    event = service.events("r1")[0]
    assert event["body"] == {"i": 0, "name": "Jane Roe", "why": "asked"}
    assert event["redacted"] is False
    assert "Jane" not in str(service.store.rows("SELECT * FROM ledger"))
    assert service.trail.redact(leaf, "asked to", "anna") == {"leaf": 0, "redaction": 1}
    event = service.events("r1")[0]
    assert event["body"] == {"i": 0, "name": "redacted", "why": "redacted"}
    assert event["redacted"] is True
    report = service.verify()
    assert (report["ok"], report["redacted"]) == (True, 1)
    (told,) = service.events("r1", "payload.redacted")
    assert (told["actor"], told["body"]["leaf"], told["body"]["reason"]) == ("anna", 0, "asked to")


def test_what_was_erased_is_in_no_file_of_the_database(service):
    (leaf,) = log(service, 1, private={"name": "Jane-Roe-of-Testville"})
    service.trail.redact(leaf, "asked to")
    for path in service.workspace.root.glob("workbench.duckdb*"):
        assert b"Jane-Roe-of-Testville" not in path.read_bytes()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ('UPDATE payloads SET payload = \'{"name":"J"}\'', "were edited"),
        ("UPDATE payloads SET salt = 'x'::BLOB", "were edited"),
        ("DELETE FROM payloads", "no event says that they were erased"),
        ("INSERT INTO payloads VALUES (1, 'x'::BLOB, '{}')", "no leaf commits to"),
    ],
)
def test_payloads_are_held_against_their_commitments(service, statement, words):
    log(service, 1, private={"name": "Jane"})
    log(service, 1)
    service.store.write(lambda tx: tx.execute(statement))
    (finding,) = service.verify()["findings"]
    assert finding["kind"] == "payload"
    assert words in finding["line"]


def test_an_erased_payload_that_comes_back_is_found(service):
    (leaf,) = log(service, 1, private={"name": "Jane"})
    (row,) = service.store.rows("SELECT * FROM payloads")
    service.trail.redact(leaf, "asked to")
    service.store.write(lambda tx: tx.execute("INSERT INTO payloads VALUES (?, ?, ?)", list(row.values())))
    (finding,) = service.verify()["findings"]
    assert "though an event says" in finding["line"]


def test_what_cannot_be_erased_is_refused(service):
    log(service, 1)
    (leaf,) = log(service, 1, private={"name": "Jane"})
    with pytest.raises(NotFound):
        service.trail.redact(99, "x")
    with pytest.raises(BadInput, match="found none that can be erased"):
        service.trail.redact(0, "x")
    with pytest.raises(BadInput, match="reason: expected"):
        service.trail.redact(leaf, " ")
    service.trail.redact(leaf, "x")
    with pytest.raises(BadInput, match="erased already"):
        service.trail.redact(leaf, "x")
    with pytest.raises(ValueError, match="names that the body has not"):
        log(service, 1, private={"i": 1})


def test_a_typed_question_leaves_the_workers_log_too(service):
    service.store.write(lambda tx: runs.create(tx, "interactive-1", "interactive", "Questions", "", {}, "anna"))
    folder = service.workspace.run("interactive-1")
    worker = EventLog(folder.events)
    worker.append("run.started", {})
    asked = {"question": {"kind": "generate", "prompt": "Jane Roe is"}, "result": {"text": "ill"}, "seconds": 1}
    worker.append("answer", asked, key="i/1")
    worker.append("answer", {"question": {"kind": "predict", "rows": [1]}, "result": {}}, key="i/2")
    assert ingest(service.store, folder) == 3
    assert service.latest("interactive-1", "answer", "i/1")["body"] == asked
    assert "redacted" not in service.latest("interactive-1", "answer", "i/2")
    size = folder.events.stat().st_size
    leaf = service.latest("interactive-1", "answer", "i/1")["leaf"]
    service.trail.redact(leaf, "asked to")
    body = service.latest("interactive-1", "answer", "i/1")["body"]
    assert body == {"seconds": 1, "question": "redacted", "result": "redacted"}
    assert b"Jane" not in folder.events.read_bytes()
    assert folder.events.stat().st_size == size
    worker.append("run.finished", {})
    worker.close()
    assert ingest(service.store, folder) == 1
    assert [event["seq"] for event, _ in read_events(folder.events)] == [0, 1, 2, 3]
    assert service.verify()["ok"]


# Retention


def test_what_is_due():
    counted = [("metrics", "2026-01-31", 5), ("metrics", "2026-06-01", 2), ("report.built", "2016-01-01", 1)]
    told = {rule["name"]: rule for rule in retention.due(counted, "2026-08-31")["rules"]}
    assert (told["logs"]["due"], told["logs"]["events"], told["logs"]["due_before"]) == (5, 7, "2026-02-28")
    assert (told["documents"]["due"], told["documents"]["oldest"]) == (1, "2016-01-01")


def test_nothing_is_due_in_a_new_ledger_and_nothing_is_deleted(service):
    log(service)
    told = service.trail.retention()
    assert [rule["due"] for rule in told["rules"]] == [0, 0]
    assert sum(rule["events"] for rule in service.trail.retention("2050-01-01")["rules"]) == 3
    assert len(service.ledger()) == 3
