"""One owner, one writer, all or nothing."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import psutil
import pytest

from backend.control.record import migrations
from backend.control.record.reading import StoreDamaged
from backend.control.record.store import Store, migrate
from backend.control.workspace_lock import Owned, Ownership, alive, owner
from backend.workspace.layout import Workspace


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "t.duckdb")
    yield store
    store.close()


def count(store):
    return store.rows("SELECT count(*) AS n FROM ledger")[0]["n"]


def test_a_failed_write_leaves_no_row_no_leaf_and_the_old_tree(store):
    store.write(lambda tx: tx.log("a", {}, actor="x"))
    before = store._tree.root

    def fails(tx):
        tx.log("b", {}, actor="x")
        tx.execute("INSERT INTO migrations VALUES ('never')")
        raise KeyError("no")

    with pytest.raises(KeyError):
        store.write(fails)
    assert count(store) == 1
    assert store._tree.root == before
    assert not store.rows("SELECT * FROM migrations WHERE name = 'never'")
    assert store.write(lambda tx: tx.log("c", {}, actor="x")) == 1


def test_writers_of_many_threads_are_one_after_the_other(store):
    with ThreadPoolExecutor(8) as pool:
        leaves = list(pool.map(lambda i: store.write(lambda tx: tx.log("a", {"i": i}, actor="x")), range(60)))
    assert sorted(leaves) == list(range(60))


def test_readers_beside_a_writer_always_see_a_whole_state(store):
    def read(_):
        rows = store.rows("SELECT (SELECT count(*) FROM ledger) AS n, (SELECT max(size) FROM roots) AS size")
        return rows[0]["n"] == (rows[0]["size"] or 0)

    def write(_):
        store.write(lambda tx: [tx.log("a", {}, actor="x") for _ in range(7)])
        return True

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(lambda i: (write if i % 4 == 0 else read)(i), range(120)))
    assert count(store) == 210


def test_reads_see_only_what_is_committed(store):
    inside, go = threading.Event(), threading.Event()

    def slow(tx):
        tx.log("a", {}, actor="x")
        tx.flush()
        inside.set()
        go.wait(10)
        tx._leaves.clear()

    writer = threading.Thread(target=lambda: store.write(slow))
    writer.start()
    inside.wait(10)
    assert count(store) == 0
    go.set()
    writer.join()
    assert count(store) == 1


def test_the_tree_goes_on_after_a_restart(tmp_path):
    path = tmp_path / "t.duckdb"
    for n in range(3):
        store = Store(path)
        assert store.alarm is None
        assert store.write(lambda tx: tx.log("a", {}, actor="x")) == n
        store.close()


def test_a_closed_store_refuses_writes(tmp_path):
    store = Store(tmp_path / "t.duckdb")
    store.close()
    store.close()
    with pytest.raises(RuntimeError, match="closed"):
        store.write(lambda tx: None)


def test_migrations_run_once_and_a_newer_database_is_refused(tmp_path):
    path = str(tmp_path / "t.duckdb")
    with duckdb.connect(path) as connection:
        migrate(connection)
        migrate(connection)
        files = [f.name for f in Path(migrations.__path__[0]).glob("*.sql")]
        assert connection.execute("SELECT count(*) FROM migrations").fetchone() == (len(files),)
        connection.execute("INSERT INTO migrations VALUES ('9999_future.sql')")
        with pytest.raises(StoreDamaged, match="9999_future"):
            migrate(connection)


def test_the_ledger_has_no_index_and_no_key(store):
    assert store.rows("SELECT * FROM duckdb_indexes()") == []
    kinds = store.rows("SELECT DISTINCT constraint_type AS kind FROM duckdb_constraints()")
    assert {row["kind"] for row in kinds} <= {"NOT NULL"}


def test_a_log_that_does_not_replay_is_an_alarm_and_stays_where_it_is(tmp_path):
    path = tmp_path / "t.duckdb"
    code = (
        "import os, sys; from backend.control.record.store import Store; s = Store(sys.argv[1]);"
        "s.write(lambda tx: [tx.log('a', {'x': 'y' * 100}, actor='x') for _ in range(100)]); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    wal = path.with_name(path.name + ".wal")
    spoiled = bytearray(wal.read_bytes())
    spoiled[len(spoiled) // 2] ^= 0xFF
    wal.write_bytes(spoiled)
    before = path.read_bytes()
    with pytest.raises(StoreDamaged) as alarm:
        Store(path)
    assert str(alarm.value).startswith("ALARM")
    assert "\n" not in str(alarm.value)
    assert wal.read_bytes() == bytes(spoiled)
    assert path.read_bytes() == before


def test_a_second_owner_gets_one_line(tmp_path):
    workspace = Workspace.open(tmp_path)
    first = Ownership(workspace, 8501)
    with pytest.raises(Owned, match=f"{tmp_path}.*found it open in this process"):
        Ownership(workspace)
    started = psutil.Process().create_time()
    assert owner(workspace) == {
        "pid": os.getpid(),
        "started": pytest.approx(started),
        "port": 8501,
        "host": "127.0.0.1",
        "socket": None,
    }
    first.close()
    assert owner(workspace) is None
    Ownership(workspace).close()


def test_another_process_is_named_with_its_port_and_its_death_frees_the_workspace(tmp_path):
    workspace = Workspace.open(tmp_path)
    code = (
        "import sys, time; from backend.control.workspace_lock import Ownership;"
        "from backend.workspace.layout import Workspace;"
        "o = Ownership(Workspace.open(sys.argv[1]), 8123); print('mine', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with child:
        child.stdout.readline()
        with pytest.raises(Owned, match=f"found it open in process {child.pid}, port 8123"):
            Ownership(workspace)
        child.send_signal(signal.SIGKILL)
    assert owner(workspace) is None
    Ownership(workspace).close()


def test_a_reused_pid_is_not_the_same_process():
    me = os.getpid()
    assert not alive(me, 1.0)
    assert not alive(2**22 + 1, 0.0)
