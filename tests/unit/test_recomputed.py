"""What lies beside the leaves, against the leaves: nobody gets in by it, it is not shown, verification names it."""

from __future__ import annotations

import json

import duckdb
import pytest

from backend.audit.ledger.findings import KINDS
from backend.audit.ledger.payloads import ALTERED, Payload
from backend.control.people.passwords import hashed
from backend.control.record.ingest import ingest
from backend.control.record.readonly import look
from backend.control.record.schema import ForeignObject
from backend.control.record.search import Query
from backend.control.runs import runs
from backend.control.runs.supervisor import Supervisor
from backend.control.service import Service
from backend.workspace.layout import BadInput
from tests.conftest import registered
from tests.fixtures import unpacked

SECRET = "correct horse battery"


@pytest.fixture
def service(workspace, quick_hashes):
    service = Service.open(workspace.root, start_supervisor=False)
    registered(service.store, {"name": "bars", "kind": "image", "count": 10})
    yield service
    service.close()


def kinds(service) -> set[str]:
    found = service.verify()["findings"]
    assert all(f["kind"] in KINDS and "\n" not in f["line"] for f in found)
    return {f["kind"] for f in found}


def sql(service, text: str, *values) -> None:
    """What somebody with the database does while nobody has it open."""
    service.store.write(lambda tx: tx.execute(text, values))


def ended(service, run="r1", text="worker of r1\n") -> None:
    """A run that has ended, with what its worker printed."""
    service.store.write(lambda tx: runs.create(tx, run, "run", "T", "bars", {"recipe": {}}, "ann"))
    folder = service.workspace.run(run)
    folder.path.mkdir()
    folder.log.write_text(text)
    service.store.write(lambda tx: runs.move(tx, run, "failed", "x"))
    service.supervisor.seal()


# Secrets


def test_a_secret_that_no_event_commits_to_lets_nobody_in(service):
    people = service.people
    people.add("ada", "reviewer", password=SECRET)
    token = people.token("ada", 3)["token"]
    assert people.by_token(token).name == "ada"
    leaf = service.store.rows("SELECT leaf FROM secrets WHERE kind = 'password'")[0]["leaf"]
    mine = hashed("another long password")
    sql(service, "INSERT INTO secrets VALUES (?, 'ada', 'password', 'x'::BLOB, ?)", leaf, mine)
    sql(service, "INSERT INTO secrets SELECT leaf, name, kind, salt, 'mine' FROM secrets WHERE kind = 'token'")
    again = type(people)(service.store, service.workspace)
    assert again.sign_in("ada", SECRET)
    assert again.by_token(token).name == "ada"
    with pytest.raises(BadInput, match="expected a user of this workspace and their password"):
        again.sign_in("ada", "another long password")
    assert kinds(service) == {"secret"}


def test_a_secret_that_was_exchanged_lets_nobody_in(service):
    service.people.add("ada", "reviewer", password=SECRET)
    sql(service, "UPDATE secrets SET value = ? WHERE kind = 'password'", hashed("another long password"))
    again = type(service.people)(service.store, service.workspace)
    for password in (SECRET, "another long password"):
        with pytest.raises(BadInput, match="expected a user of this workspace and their password"):
            again.sign_in("ada", password)
    assert kinds(service) == {"secret"}


def test_commitments_to_secrets_tell_nothing(service):
    """Salted: who knows the address, or a list of passwords, cannot tell from the ledger whose it is."""
    service.people.add("ada", "reviewer", password=SECRET)
    service.people.add("eve", "viewer", email="eve@example.org")
    added = service.store.rows("SELECT body FROM ledger WHERE kind = 'user.added'")
    bodies = [json.loads(row["body"]) for row in added]
    rows = service.store.rows("SELECT * FROM secrets ORDER BY leaf")
    said = {c for body in bodies for c in body["kept"].values()}
    assert said == {Payload(row["salt"], row["value"]).commitment() for row in rows}
    assert len({row["salt"] for row in rows}) == len(rows) == 3
    assert all(len(row["salt"]) == 32 for row in rows)
    assert not said & {Payload(b"", row["value"]).commitment() for row in rows}


def test_a_key_that_the_server_holds_is_the_one_that_the_events_name(service):
    service.people.add("ada", "reviewer", password=SECRET)
    service.people.add("eve", "reviewer", email="eve@example.org")
    assert kinds(service) == set()
    path = service.workspace.root / "people" / "eve.key"
    path.write_text("ab" * 32)
    assert kinds(service) == {"key"}
    path.unlink()
    assert kinds(service) == {"key"}


# Private fields


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE payloads SET payload = '{"name":"fine ones"}'""",
        "UPDATE payloads SET salt = 'x'::BLOB",
        """INSERT INTO payloads SELECT leaf, salt, '{"name":"fine ones"}' FROM payloads""",
        "INSERT INTO payloads SELECT * FROM payloads",
    ],
)
def test_private_fields_that_the_leaf_does_not_commit_to_are_shown_nowhere(service, change):
    service.save_selection("data-bars", "odd ones", [1], {})
    sql(service, change)
    (event,) = service.events("data-bars", "selection")
    assert event["body"]["name"] == ALTERED
    assert service.selections("data-bars") == []
    assert service.search.find(Query(kind="selection"))["total"] == 1
    assert service.search.find(Query("fine ones"))["total"] == 0
    assert kinds(service) == {"payload"}


# What runs leave


def test_a_log_is_sealed_when_the_worker_is_gone_and_another_one_is_not_shown(service):
    ended(service)
    assert service.log("r1") == "worker of r1"
    sealed = service.latest("r1", "run.sealed")
    assert sealed["body"]["files"]["log.txt"]["bytes"] == len("worker of r1\n")
    path = service.workspace.run("r1").log
    path.write_text("accuracy 100 %\n")
    with pytest.raises(BadInput, match="log of r1: expected what was there when its worker was gone, found another"):
        service.log("r1")
    assert kinds(service) == {"log"}
    path.unlink()
    with pytest.raises(BadInput, match="found none"):
        service.log("r1")
    assert kinds(service) == {"log"}


def test_a_run_without_a_log_has_none_afterwards(service):
    ended(service)
    service.workspace.run("r1").log.with_name("job.json").write_text("{}")
    assert kinds(service) == {"log"}


def test_erasing_what_was_typed_seals_anew(service):
    service.store.write(lambda tx: runs.create(tx, "interactive-1", "interactive", "Q", "", {}, "ann"))
    folder = service.workspace.run("interactive-1")
    folder.path.mkdir()
    now = service.store.board.run("interactive-1").created
    asked = {"question": {"kind": "generate", "prompt": "Jane Roe is"}, "result": {"text": "ill"}, "actor": "ann"}
    lines = [("answer", asked), ("run.finished", {})]
    folder.events.write_text(
        "".join(
            json.dumps({"seq": i, "time": now, "kind": kind, "key": str(i), "body": body, "subjects": []}) + "\n"
            for i, (kind, body) in enumerate(lines)
        )
    )
    assert ingest(service.store, folder) == 2
    service.supervisor.seal()
    assert kinds(service) == set()
    service.trail.redact(service.latest("interactive-1", "answer")["leaf"], "asked to")
    assert b"Jane" not in folder.events.read_bytes()
    assert kinds(service) == set()
    folder.events.write_bytes(folder.events.read_bytes().replace(b"answer", b"answar"))
    assert kinds(service) == {"log"}


def test_a_server_that_comes_back_seals_what_ended_without_it(service):
    service.store.write(lambda tx: runs.create(tx, "r1", "run", "T", "bars", {"recipe": {}}, "ann"))
    service.store.write(lambda tx: runs.move(tx, "r1", "cancelled", "x"))
    assert {run.run for run in service.store.board.unsealed()} == {"r1", "data-bars"}
    supervisor = Supervisor(service.store, service.workspace, service.supervisor.launcher, ["cpu"])
    supervisor.look()
    assert service.store.board.unsealed() == []
    assert service.latest("r1", "run.sealed")["body"] == {"files": {}}


# Events that contradict one another


def test_a_worker_in_the_servers_name_is_named(service):
    said = {"actor": "worker", "run": "data-bars", "seq": 2}
    service.store.write(lambda tx: tx.log("user.role", {"name": "eve"}, **said))
    assert kinds(service) == {"authority", "after the end"}


def test_what_no_worker_of_this_run_writes_is_named(service):
    service.store.write(lambda tx: runs.create(tx, "r1", "run", "T", "bars", {}, "ann"))
    service.store.write(lambda tx: tx.log("answer", {}, actor="worker", run="r1", seq=0))
    assert kinds(service) == {"authority"}


@pytest.mark.parametrize(
    ("kind", "body", "named"),
    [
        ("run.submitted", {"kind": "run", "title": "", "dataset": "bars"}, "run"),
        ("job.state", {"state": "running"}, "after the end"),
        ("run.sealed", {"files": {}}, "run"),
    ],
)
def test_a_run_is_asked_for_ended_and_sealed_once(service, kind, body, named):
    ended(service)
    before = service.run("r1")
    service.store.write(lambda tx: tx.log(kind, body, actor="supervisor", run="r1"))
    assert named in kinds(service)
    if kind != "job.state":
        assert service.run("r1") == before


def test_a_run_that_is_taken_up_again_has_not_ended_and_is_sealed_anew(service):
    ended(service)
    service.resume("r1", actor="ann")
    assert (service.run("r1")["state"], service.run("r1")["attempt"]) == ("queued", 1)
    service.workspace.run("r1").log.write_text("worker of r1\nand another\n")  # the new worker's, not yet sealed
    assert kinds(service) == set()
    assert "another" in service.log("r1")
    service.store.write(lambda tx: runs.move(tx, "r1", "cancelled", "x"))
    service.supervisor.seal()
    assert kinds(service) == set()
    service.workspace.run("r1").log.write_text("worker of r1\n")
    assert kinds(service) == {"log"}


def test_a_run_that_did_not_end_badly_is_not_taken_up_again_unseen(service):
    service.store.write(lambda tx: runs.create(tx, "r1", "run", "T", "bars", {"recipe": {}}, "ann"))
    service.store.write(lambda tx: runs.move(tx, "r1", "succeeded"))
    service.supervisor.seal()
    with pytest.raises(BadInput, match="expected one that failed or was cancelled, found succeeded"):
        service.resume("r1")
    service.store.write(lambda tx: tx.log("run.resume_asked", {}, actor="eve", run="r1"))
    assert kinds(service) == {"run"}
    assert service.run("r1")["state"] == "succeeded"


def test_a_data_set_is_registered_by_its_own_job_alone(service):
    service.store.write(lambda tx: runs.create(tx, "r1", "run", "T", "bars", {}, "ann"))
    said = {"actor": "worker", "run": "r1", "seq": 0, "key": "registered"}
    service.store.write(lambda tx: tx.log("data.registered", {"name": "other", "count": 1}, **said))
    assert [data["name"] for data in service.datasets()] == ["bars"]
    assert "run" in kinds(service)


# Records of earlier versions


def test_an_event_that_was_kept_as_text_is_read_as_it_was_meant(service):
    """What earlier versions did with an integer beyond 2**53 in a private field: the commitment went into a text."""
    private = Payload(b"s" * 32, '{"name":"odd ones"}')
    meant = {"rows": [2**60], "note": "a\ud800", "commitment": private.commitment(), "private": ["name"]}
    kept = {"note": "kept as text: IntegerDomainError", "text": json.dumps(meant)}

    def tell(tx) -> None:
        leaf = tx.log("selection", kept, actor="ann", run="data-bars")
        tx.execute("INSERT INTO payloads VALUES (?, ?, ?)", [leaf, private.salt, private.text])

    service.store.write(tell)
    (event,) = service.events("data-bars", "selection")
    assert event["body"] == {"rows": [2**60], "note": "a\ufffd", "name": "odd ones"}
    json.dumps(event).encode()
    assert kinds(service) == set()


def test_a_forged_secret_of_an_earlier_version_is_not_sealed(tmp_path, quick_hashes):
    """The change-over seals what belongs to the events; a row put in before it is believed by nobody afterwards."""
    unpacked(tmp_path / "ws")
    with duckdb.connect(str(tmp_path / "ws" / "workbench.duckdb")) as connection:
        (leaf,) = connection.execute("SELECT leaf FROM ledger WHERE kind = 'run.submitted' LIMIT 1").fetchone()
        connection.execute("INSERT INTO secrets VALUES (?, 'ada', 'password', ?)", [leaf, hashed("another long one")])
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    with pytest.raises(BadInput, match="and their password"):
        service.people.sign_in("ada", "another long one")
    assert kinds(service) == {"secret"}
    service.close()


def test_a_workspace_of_an_earlier_version_is_looked_at_as_it_is(tmp_path):
    """Nothing is claimed of what it did not commit to; a view in it that says something else is refused."""
    root = unpacked(tmp_path / "ws")
    before = (root / "workbench.duckdb").read_bytes()
    service = look(root)
    assert service.verify()["findings"] == []
    assert service.people.sign_in("rita", SECRET)
    assert {run["state"] for run in service.runs()} == {"succeeded", "failed", "cancelled"}
    assert {data["name"] for data in service.datasets()} == {"bars", "reviews"}
    service.close()
    assert (root / "workbench.duckdb").read_bytes() == before
    with duckdb.connect(str(root / "workbench.duckdb")) as connection:
        connection.execute("CREATE OR REPLACE VIEW events AS SELECT *, 'forged' AS payload FROM ledger")
    with pytest.raises(ForeignObject, match="another view events"):
        look(root)
