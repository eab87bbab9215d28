"""What a worker may say: its own kinds of events, about its own run, now, and of files that are there."""

import ast
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import backend
from backend.audit.ledger.verify import verify
from backend.control.people.people import People
from backend.control.record.ingest import DamagedLog, ingest
from backend.control.runs import runs
from backend.workspace.artefacts import Artefacts
from backend.workspace.kinds import AREAS, SERVER, WORKER, of_server
from tests.conftest import registered

KINDS = sorted(set().union(*WORKER.values()))
DOCS = Path(backend.__file__).parents[1] / "docs" / "events.md"


@pytest.fixture
def folders(store, workspace):
    """One folder for each kind of run, all about the data set "bars"."""
    for kind in WORKER:
        store.write(lambda tx, kind=kind: runs.create(tx, f"{kind}-1", kind, "T", "bars", {}, "ann"))
    return {kind: workspace.run(f"{kind}-1") for kind in WORKER}


def event(seq=0, kind="metrics", **fields):
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"seq": seq, "time": now, "kind": kind, "key": None, "body": {}, "subjects": [], **fields}


def say(store, folder, *events):
    """What the worker wrote, whole; returns how many events were taken."""
    folder.path.mkdir(parents=True, exist_ok=True)
    with open(folder.events, "a") as file:
        file.writelines(json.dumps(one) + "\n" for one in events)
    return ingest(store, folder)


def refused(store, folder, *events) -> str:
    with pytest.raises(DamagedLog) as problem:
        say(store, folder, *events)
    assert "\n" not in str(problem.value)
    return str(problem.value)


def taken(store):
    return [row["kind"] for row in store.rows("SELECT kind FROM ledger WHERE seq IS NOT NULL ORDER BY leaf")]


@pytest.mark.parametrize("kind", sorted(SERVER))
def test_the_servers_kinds_are_refused_from_every_worker(store, folders, kind):
    for folder in folders.values():
        assert "expected a kind of event that the worker of a" in refused(store, folder, event(kind=kind))
    assert taken(store) == []


@pytest.mark.parametrize("area", AREAS)
def test_so_is_what_a_later_version_may_call_the_servers(store, folders, area):
    assert of_server(area + "later")
    assert f"found '{area}later'" in refused(store, folders["run"], event(kind=area + "later"))


def test_each_worker_writes_the_kinds_of_its_run_alone(store, folders):
    for of, folder in folders.items():
        for kind in KINDS:
            one = event(kind=kind, body={"name": "bars", "stage": "s", "reason": "x"})
            seq = store.board.run(folder.name).next_seq
            if kind in WORKER[of] and not kind.startswith(("run.f", "run.c")):
                assert say(store, folder, {**one, "seq": seq}) == 1
            elif kind not in WORKER[of]:
                before = folder.events.read_bytes() if folder.events.exists() else b""
                refused(store, folder, {**one, "seq": seq})
                folder.events.write_bytes(before)


def test_nobody_becomes_an_administrator_by_a_workers_word(store, workspace, folders):
    people = People(store, workspace)
    body = {"name": "eve", "role": "reviewer", "admin": True, "sign_in": "password", "key": "00", "held": "password"}
    refused(store, folders["run"], event(kind="user.added", body=body))
    # as an earlier version took it, and as somebody with the database may put it in
    told = {"actor": "worker", "run": "run-1", "seq": 0}
    store.write(lambda tx: tx.log("user.added", body, **told))
    store.write(lambda tx: tx.log("user.role", {"name": "eve", "role": "reviewer", "admin": True}, **told))
    assert people.listed() == []
    assert People(store, workspace).listed() == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"actor": "ada"}, "an event of the fields body, key, kind, seq, subjects, time, found actor, body"),
        ({"run": "other"}, "found body, key, kind, run"),
        ({"seq": "0"}, "event 0, found 0"),
        ({"seq": True}, "event 0, found True"),
        ({"seq": 1}, "event 0, found 1"),
        ({"kind": None}, "a kind of event that the worker of a run writes, found None"),
        ({"kind": "metrics "}, "found 'metrics '"),
        ({"key": 7}, "the key of metrics: expected 0 to 500 printable characters, found int"),
        ({"key": "a\nb"}, r"found '\n' among them"),
        ({"key": "k" * 501}, "found 501"),
        ({"body": [1]}, "an event of kind metrics with an object as its body, found list"),
        ({"time": "yesterday"}, "a UTC time such as"),
        ({"time": "2026-13-45T00:00:00.000000Z"}, "a UTC time such as"),
        ({"time": "2026-11-01T00:00:00+02:00"}, "a UTC time such as"),
        ({"time": None}, "a UTC time such as"),
        ({"time": "9999-01-01T00:00:00.000000Z"}, "no time in the future"),
        ({"time": "1999-01-01T00:00:00.000000Z"}, "which came before it, found 1999"),
        ({"subjects": {}}, "at most 1000 files of metrics"),
        ({"subjects": [{}] * 1001}, "at most 1000 files of metrics"),
        ({"subjects": ["x"]}, "role, sha256, type and bytes"),
    ],
)
def test_what_no_worker_writes_is_one_line_and_nothing_is_taken(store, folders, fields, says):
    assert says in refused(store, folders["run"], event(**fields))
    assert taken(store) == []


def test_files_are_there_and_as_large_as_they_are_said_to_be(store, folders, workspace):
    kept = Artefacts(workspace.artefacts).put_bytes("maps", b"{}", "json").as_dict()
    folder = folders["run"]
    assert say(store, folder, event(subjects=[kept])) == 1
    before = folder.events.read_bytes()
    for change, says in (
        ({"bytes": 3}, "expected 3 bytes as maps of metrics, found 2"),
        ({"bytes": "2"}, "expected a SHA-256, one of safetensors"),
        ({"type": "exe"}, "expected a SHA-256, one of safetensors"),
        ({"type": "md"}, "expected a stored file as maps of metrics, found none"),
        ({"sha256": "../../token"}, "expected a stored file as maps of metrics, found none"),
        ({"sha256": "ab" * 32}, "expected a stored file as maps of metrics, found none"),
        ({"sha256": None}, "expected a SHA-256"),
        ({"role": "a\x1b[31m"}, "the role of a file of metrics: expected"),
        ({"more": 1}, "role, sha256, type and bytes"),
    ):
        assert says in refused(store, folder, event(1, subjects=[{**kept, **change}]))
        folder.events.write_bytes(before)
    roots, _, leaves = store.ledger()
    assert verify(leaves, roots, lambda sha256, kind: sha256).ok


def test_a_data_job_registers_its_own_data_set_and_no_other(store, folders):
    one = event(kind="data.registered", body={"name": "other"})
    assert "expected the data set bars, which this run registers, found 'other'" in refused(store, folders["data"], one)
    folders["data"].events.unlink()
    hidden = event(kind="data.registered", body={"name": "bars", "table": {"sha256": "ab" * 32}})
    assert "expected all files of the data set among those of the event" in refused(store, folders["data"], hidden)
    assert store.board.datasets() == []


def test_a_worker_does_what_it_was_asked_to(store, workspace):
    asked = {"title": "T", "train": {"epochs": 3, "lr": 0.5}}
    store.write(lambda tx: runs.create(tx, "r1", "run", "T", "bars", {"recipe": asked}, "ann"))
    registered(store, {"name": "bars", "digest": "ab"})
    folder, data = workspace.run("r1"), {"name": "bars", "digest": "ab"}
    for body, says in (
        ({"recipe": {"title": "T", "train": {"epochs": 4, "lr": 0.5}}}, "found another value at recipe.train.epochs"),
        ({"recipe": {"title": "T"}}, "found another value at recipe.train"),
        ({"recipe": asked, "dataset": {**data, "digest": "cd"}}, "the data set bars as it was registered, found"),
        ({"recipe": asked, "dataset": {**data, "name": "other"}}, "the data set bars as it was registered, found"),
    ):
        assert says in refused(store, folder, event(kind="run.started", body=body))
        folder.events.unlink()
    more = {**asked, "seed": 0, "train": {"epochs": 3, "lr": 0.5, "warmup": 0.1}}
    assert say(store, folder, event(kind="run.started", body={"recipe": more, "dataset": data})) == 1


def test_nothing_comes_after_the_end(store, folders):
    end, late = event(0, "run.finished"), event(1, "metrics")
    assert "expected nothing after the end of the run, found metrics" in refused(store, folders["run"], end, late)
    assert store.board.run("run-1").state == "succeeded"
    assert taken(store) == ["run.finished"]


def test_an_end_says_why_in_one_line(store, folders):
    failed = event(kind="run.failed", body={"reason": "a\nb"})
    assert "the reason of an end: expected" in refused(store, folders["run"], failed)


def test_an_answer_is_one_to_who_asked(store, folders):
    store.askers["interactive-1"] = {"interactive-1/1": "ann"}
    told = {"kind": "answer", "key": "interactive-1/1", "body": {"actor": "rita", "question": {}, "result": 1}}
    folder = folders["interactive"]
    assert "expected an answer to who asked, found one to rita" in refused(store, folder, event(**told))
    folder.events.unlink()
    told["body"]["actor"] = "ann"
    assert say(store, folder, event(**told)) == 1


def test_a_clock_that_is_set_right_a_little_is_borne(store, folders):
    back = (datetime.now(UTC) - timedelta(minutes=4)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert say(store, folders["run"], event(), event(1, time=back)) == 2


# The page that says who may write what


def documented() -> tuple[set[str], set[str]]:
    """(kinds that the page gives to workers, kinds that it gives to the server)."""
    text = DOCS.read_text(encoding="utf-8")
    part = text[text.index("## Who may write what") :]
    part = part[: part.index("\n## ", 5)]
    found = {}
    for line in part.splitlines():
        if line.startswith("- **"):
            name, _, rest = line[4:].partition("**")
            found[name] = set(re.findall(r"`([a-z._]+)`", rest))
    worker = found["Every worker"] | found["Training"] | found["Data jobs"] | found["The warm worker"]
    return worker, found["The server"]


def test_the_page_says_who_may_write_what():
    worker, server = documented()
    assert worker == set(KINDS)
    assert server == set(SERVER)
    assert not {kind for kind in worker if of_server(kind)}


def test_every_kind_that_the_code_writes_is_one_of_them():
    """Literal kinds in calls of `append` (workers) and `log` (the server and Pretraining.log)."""
    root = Path(backend.__file__).parent
    written = set()
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                first = node.args[0]
                if node.func.attr in ("append", "log") and isinstance(first, ast.Constant) and len(node.args) > 1:
                    written.add(first.value)
    assert {"metrics", "run.finished", "selection"} <= written
    assert written <= set(KINDS) | SERVER
