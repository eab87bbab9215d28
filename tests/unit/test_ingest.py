"""events.jsonl goes into the ledger once, whatever is cut off and whenever."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.audit.ledger.verify import verify
from backend.control.record import ingest as module
from backend.control.record.ingest import DamagedLog, ingest
from backend.control.record.store import Store
from backend.control.runs import runs
from backend.workspace.events import EventLog


@pytest.fixture
def folder(store, workspace):
    store.write(lambda tx: runs.create(tx, "r1", "run", "T", "bars", {"recipe": {}}, "local"))
    folder = workspace.run("r1")
    folder.path.mkdir()
    return folder


def of_kind(store, workspace, kind):
    """The folder of another run, of this kind, on the data set "bars"."""
    store.write(lambda tx: runs.create(tx, f"{kind}-1", kind, "T", "bars", {"spec": {}}, "local"))
    return workspace.run(f"{kind}-1")


def seqs(store):
    return [row["seq"] for row in store.rows("SELECT seq FROM ledger WHERE actor = 'worker' ORDER BY leaf")]


def state(store):
    return runs.listed(store, "r1")[0]


def test_each_event_once_over_many_looks(store, folder):
    log = EventLog(folder.events)
    assert ingest(store, folder) == 0
    for n in range(7):
        log.append("metrics", {"n": n}, key=str(n))
        if n % 3 == 0:
            ingest(store, folder)
    ingest(store, folder)
    assert ingest(store, folder) == 0
    assert seqs(store) == list(range(7))


def test_many_events_take_several_transactions(store, folder, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 10)
    log = EventLog(folder.events)
    for n in range(35):
        log.append("metrics", {"n": n})
    assert ingest(store, folder) == 35
    assert seqs(store) == list(range(35))


def test_a_torn_line_waits_for_its_end(store, folder):
    EventLog(folder.events).append("metrics", {"n": 0})
    line = folder.events.read_bytes().replace(b'"seq":0', b'"seq":1')
    for cut in (1, len(line) // 2, len(line) - 1):
        with open(folder.events, "r+b") as file:
            file.truncate(len(line))
            file.seek(len(line))
            file.write(line[:cut])
        ingest(store, folder)
        assert seqs(store) == [0]
    with open(folder.events, "ab") as file:
        file.write(line[len(line) - 1 :])
    assert ingest(store, folder) == 1


def test_a_failed_commit_takes_nothing_and_the_next_look_takes_all(store, folder, monkeypatch):
    EventLog(folder.events).append("metrics", {"n": 0})
    real = runs.update

    def broken(*args, **columns):
        raise OSError("no space left on device")

    monkeypatch.setattr(runs, "update", broken)
    with pytest.raises(OSError):
        ingest(store, folder)
    assert seqs(store) == []
    monkeypatch.setattr(runs, "update", real)
    assert ingest(store, folder) == 1
    assert seqs(store) == [0]


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("run.finished", {"seconds": 1}, ("succeeded", None)),
        ("run.failed", {"reason": "no label", "where": "stage study", "input": True}, ("failed", "no label")),
        ("run.cancelled", {"reason": "stopped on request"}, ("cancelled", "stopped on request")),
    ],
)
def test_the_end_moves_the_run(store, folder, kind, body, expected):
    log = EventLog(folder.events)
    log.append("run.started", {})
    log.append("stage.started", {"stage": "pretrain"})
    log.append(kind, body)
    ingest(store, folder)
    row = state(store)
    assert (row["state"], row["reason"]) == expected
    assert row["stage"] == "pretrain"
    assert row["started"] <= row["ended"]


def test_a_registered_data_set_is_there_at_once(store, workspace):
    folder = of_kind(store, workspace, "data")
    EventLog(folder.events).append("data.registered", {"name": "bars"}, key="registered")
    ingest(store, folder)
    assert store.board.datasets() == [{"name": "bars", "id": "data-1", "state": "registered"}]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda lines: [lines[0], b"{oops\n", lines[1]], "expected an event"),
        (lambda lines: [lines[0], lines[0]], "expected event 1, found 0"),
        (lambda lines: [lines[0], lines[2]], "expected event 1, found 2"),
        (lambda lines: [lines[0], b"[]\n"], "expected an event"),
        (lambda lines: [lines[0], lines[1].replace(b'{"n":1}', b"[1]")], "expected an event"),
    ],
)
def test_a_damaged_log_is_one_line_and_what_came_before_is_kept(store, folder, spoil, says):
    log = EventLog(folder.events)
    for n in range(3):
        log.append("metrics", {"n": n})
    folder.events.write_bytes(b"".join(spoil(folder.events.read_bytes().splitlines(keepends=True))))
    for _ in range(2):
        with pytest.raises(DamagedLog, match=says):
            ingest(store, folder)
        assert seqs(store) == [0]


def test_a_log_that_shrank_is_damaged(store, folder):
    log = EventLog(folder.events)
    log.append("metrics", {})
    ingest(store, folder)
    folder.events.write_bytes(b"")
    with pytest.raises(DamagedLog, match="expected at least"):
        ingest(store, folder)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (str(2**70), "body.n: expected an integer within"),
        (str(2**53), "body.n: expected an integer within"),
        ("9" * 5_000, "expected an event"),
        ("NaN", "body.n: expected a finite number, found nan"),
        ("1e999", "body.n: expected a finite number, found inf"),
        ('"a\\ud800"', "body.n: expected whole characters"),
        ('{"\\udfff": 1}', "body.n: expected names of whole characters"),
        ("[" * 80 + "]" * 80, "expected at most 64 levels"),
        ("[" * 100_000 + "]" * 100_000, "expected an event"),
    ],
)
def test_what_cannot_be_committed_to_is_one_line_and_the_record_stays_whole(store, folder, value, says):
    log = EventLog(folder.events)
    for n in range(3):
        log.append("metrics", {"n": n})
    lines = folder.events.read_bytes().splitlines(keepends=True)
    folder.events.write_bytes(lines[0] + lines[1].replace(b'"n":1', f'"n":{value}'.encode()) + lines[2])
    with pytest.raises(DamagedLog, match=re.escape(says)) as problem:
        ingest(store, folder)
    assert "\n" not in str(problem.value)
    assert len(str(problem.value)) < 500
    assert seqs(store) == [0]
    roots, _, leaves = store.ledger()
    assert verify(leaves, roots, lambda sha256, kind: sha256).ok


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 4_000), min_size=1, max_size=6))
def test_any_way_of_arriving_gives_the_same_events(tmp_path_factory, cuts):
    from backend.workspace.layout import Workspace

    workspace = Workspace.open(tmp_path_factory.mktemp("ws"))
    store, folder = Store(workspace.database), workspace.run("r1")
    store.write(lambda tx: runs.create(tx, "r1", "run", "T", "bars", {}, "local"))
    log = EventLog(folder.events)
    for n in range(12):
        log.append("metrics", {"n": n, "text": "x" * n * 10}, key=str(n))
    log.close()
    whole = folder.events.read_bytes()
    for cut in [*sorted(cuts), len(whole)]:
        folder.events.write_bytes(whole[:cut])
        ingest(store, folder)
    assert seqs(store) == list(range(12))
    store.close()
