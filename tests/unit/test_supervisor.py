"""The states of a run: starting, ending, cancelling, losing and finding workers again."""

import json
import os
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from backend.control.runs import runs
from backend.control.runs import supervisor as module
from backend.control.runs.launchers import Status, launcher
from backend.control.runs.launchers.local import Local
from backend.control.runs.memory_limits import MemoryLimits
from backend.control.runs.supervisor import Supervisor
from backend.control.workspace_lock import alive
from backend.workspace.layout import BadInput

STEPS = (sys.executable, str(Path(__file__).parents[1] / "steps_worker.py"))


@pytest.fixture
def supervise(store, workspace):
    """Supervisors on one workspace; whatever they started is gone afterwards."""
    made = []

    def make(devices=("cpu",), memory=None):
        made.append(Supervisor(store, workspace, Local(STEPS), list(devices), memory))
        return made[-1]

    yield make
    for supervisor in made:
        for run in runs.in_states(store, "running"):
            supervisor.launcher.cancel(workspace.run(run["run"]), json.loads(run["handle"]), force=True)


def add(store, run="r1", kind="run", steps=5, pause=0.0, how="good"):
    recipe = {"steps": steps, "pause": pause, "how": how}
    store.write(lambda tx: runs.create(tx, run, kind, "T", "bars", {"recipe": recipe}, "local"))


def row(store, run="r1"):
    return next(found for found in runs.in_states(store) if found["run"] == run)


def turn(supervisor, store, until, run="r1", seconds=30):
    """Turn the supervisor by hand until the run's row satisfies `until`."""
    end = time.monotonic() + seconds
    while not until(found := row(store, run)):
        assert time.monotonic() < end, f"still {found['state']}: {found['reason']}"
        supervisor.tick()
        time.sleep(0.02)
    return found


def ended(found):
    return found["state"] in ("succeeded", "failed", "cancelled")


def states(store, run="r1"):
    rows = store.rows("SELECT body FROM ledger WHERE run = ? AND kind = 'job.state' ORDER BY leaf", [run])
    return [json.loads(r["body"])["state"] for r in rows]


def has_stepped(workspace, run="r1"):
    events = workspace.run(run).events
    return events.exists() and b'"metrics"' in events.read_bytes()


def test_a_run_goes_from_queued_to_succeeded(store, supervise, workspace):
    add(store)
    found = turn(supervise(), store, ended)
    assert (found["state"], found["attempt"], found["stage"]) == ("succeeded", 0, "count")
    assert states(store) == ["running"]
    assert found["next_seq"] == len(workspace.run("r1").events.read_text().splitlines())


def test_a_worker_that_ends_without_a_word_fails_with_its_last_line(store, supervise):
    add(store, how="exit 7")
    found = turn(supervise(), store, ended)
    assert found["state"] == "failed"
    assert found["reason"] == "the worker ended with code 7: this is the last line of the log"


def test_a_killed_worker_is_started_again_and_goes_on(store, supervise):
    add(store, how="die once")
    found = turn(supervise(), store, ended)
    assert (found["state"], found["attempt"]) == ("succeeded", 1)
    assert states(store) == ["running", "lost", "queued", "running"]
    steps = store.rows("SELECT key FROM ledger WHERE run = 'r1' AND kind = 'metrics' ORDER BY leaf")
    assert [s["key"] for s in steps] == [f"count/{n}" for n in range(5)]
    resumed = store.rows("SELECT body FROM ledger WHERE kind = 'run.resumed'")
    assert json.loads(resumed[0]["body"]) == {"attempt": 1, "from": "count/2"}


def test_a_worker_lost_too_often_fails_with_a_reason(store, supervise, monkeypatch):
    assert module.REQUEUES == 3
    monkeypatch.setattr(module, "REQUEUES", 1)
    add(store, how="die")
    found = turn(supervise(), store, ended)
    assert (found["state"], found["attempt"]) == ("failed", 1)
    assert found["reason"].startswith("lost 2 times (the worker was ended by SIGKILL)")


def test_a_cancelled_run_goes_on_from_its_checkpoint_when_somebody_asks(store, supervise, workspace):
    add(store, steps=40, pause=0.05)
    supervisor = supervise()
    turn(supervisor, store, lambda found: has_stepped(workspace))
    store.write(lambda tx: runs.ask_end(tx, "r1", "local"))
    stopped = turn(supervisor, store, lambda found: ended(found) and found["files"] is not None)
    assert (stopped["state"], stopped["ends"], stopped["past"]) == ("cancelled", 1, 0)
    taken, sealed = stopped["seconds"], stopped["files"]["events.jsonl"]["sha256"]
    time.sleep(1)  # a pause that is no work
    store.write(lambda tx: runs.ask_again(tx, "r1", "anna"))
    waiting = row(store)
    assert (waiting["state"], waiting["attempt"], waiting["asked"], waiting["files"]) == ("queued", 1, None, None)
    found = turn(supervisor, store, lambda found: ended(found) and found["files"] is not None)
    assert (found["state"], found["attempt"], found["past"], found["ends"]) == ("succeeded", 1, 1, 2)
    steps = store.rows("SELECT key FROM ledger WHERE run = 'r1' AND kind = 'metrics' ORDER BY leaf")
    assert [s["key"] for s in steps] == [f"count/{n}" for n in range(40)]
    assert found["files"]["events.jsonl"]["sha256"] != sealed
    began, over = (datetime.fromisoformat(found[name]) for name in ("started", "ended"))
    assert taken < found["seconds"] < (over - began).total_seconds() - 0.9
    with pytest.raises(BadInput, match="expected one that failed or was cancelled, found succeeded"):
        store.write(lambda tx: runs.ask_again(tx, "r1", "anna"))


def test_a_worker_that_is_killed_after_it_was_taken_up_is_lost_three_times_anew(store, supervise, monkeypatch):
    monkeypatch.setattr(module, "REQUEUES", 1)
    add(store, how="die")
    supervisor = supervise()
    turn(supervisor, store, lambda found: ended(found) and found["files"] is not None)
    store.write(lambda tx: runs.ask_again(tx, "r1", "anna"))
    found = turn(supervisor, store, ended)
    assert (found["state"], found["attempt"], found["lost"]) == ("failed", 3, 1)
    assert found["reason"].startswith("lost 2 times")


def test_what_leaves_no_checkpoint_is_not_taken_up_again(store, supervise):
    add(store, kind="data", how="exit 7")
    job = {"recipe": {"steps": 5, "pause": 0, "how": "exit 7"}, "sweep": {"sweep": "s", "number": 0}}
    store.write(lambda tx: runs.create(tx, "trial", "run", "T", "bars", job, "local"))
    supervisor = supervise()
    for run, told in (("r1", "a job of the kind 'data'"), ("trial", "a trial of a sweep")):
        turn(supervisor, store, ended, run)
        with pytest.raises(BadInput, match=f"expected one that leaves checkpoints, found {told}"):
            store.write(lambda tx, run=run: runs.ask_again(tx, run, "anna"))


def test_a_worker_that_takes_too_much_memory_is_ended_with_the_reason(store, supervise, workspace):
    add(store, how="hungry", steps=10_000, pause=0.01)
    found = turn(supervise(memory=MemoryLimits(runs=0.3)), store, ended)
    assert (found["state"], found["attempt"]) == ("failed", 0)
    assert found["reason"] == "memory limit of 0.3 GiB reached; settings.toml sets it: [memory] runs = GiB"
    assert workspace.run("r1").log.read_text().splitlines()[-1] == found["reason"]
    assert not alive(**json.loads(found["handle"]))
    assert json.loads(workspace.run("r1").job.read_bytes())["memory"] == int(0.3 * (1 << 30))


def test_one_that_takes_less_goes_on(store, supervise):
    add(store, how="hungry")
    assert turn(supervise(memory=MemoryLimits(runs=1)), store, ended)["state"] == "succeeded"


def test_cancel_while_it_waits(store, supervise):
    add(store)
    store.write(lambda tx: runs.ask_end(tx, "r1", "ann"))
    found = turn(supervise(), store, ended)
    assert (found["state"], found["started"]) == ("cancelled", None)


def test_cancel_lets_the_worker_stop_by_itself(store, supervise, workspace):
    add(store, steps=10_000, pause=0.01)
    supervisor = supervise()
    turn(supervisor, store, lambda _: has_stepped(workspace))
    store.write(lambda tx: runs.ask_end(tx, "r1", "ann"))
    found = turn(supervisor, store, ended)
    assert (found["state"], found["reason"]) == ("cancelled", "stopped on request")


def test_cancel_kills_the_deaf_when_the_grace_is_over(store, supervise, workspace, monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.5)
    add(store, steps=10_000, pause=0.01, how="deaf")
    supervisor = supervise()
    turn(supervisor, store, lambda _: has_stepped(workspace))
    store.write(lambda tx: runs.ask_end(tx, "r1", "ann"))
    found = turn(supervisor, store, ended)
    assert found["state"] == "cancelled"
    assert "SIGKILL" in found["reason"]


def test_one_run_a_device_and_a_light_slot_for_data(store, supervise):
    for run, kind in (("r1", "run"), ("r2", "run"), ("r3", "run"), ("d1", "data"), ("d2", "data")):
        add(store, run, kind, steps=10_000, pause=0.01)
    supervisor = supervise(["cuda:0", "cuda:1"])
    supervisor.tick()
    slots = {r["run"]: (r["state"], r["slot"]) for r in runs.in_states(store)}
    assert slots["r1"] == ("running", "cuda:0")
    assert slots["r2"] == ("running", "cuda:1")
    assert slots["d1"] == ("running", "data")
    assert slots["r3"] == slots["d2"] == ("queued", None)


def test_a_new_supervisor_adopts_a_running_worker_and_reads_its_end(store, supervise, workspace):
    add(store, steps=40, pause=0.02)
    first = supervise()
    turn(first, store, lambda _: has_stepped(workspace))
    pid = json.loads(row(store)["handle"])["pid"]
    found = turn(supervise(), store, ended)
    assert (found["state"], found["attempt"]) == ("succeeded", 0)
    assert json.loads(found["handle"])["pid"] == pid
    first.launcher._children[pid].wait()


def test_a_server_killed_before_it_noted_the_process_does_not_start_a_second(store, supervise, workspace):
    add(store, steps=100, pause=0.02)
    lone = Local(STEPS)
    folder = workspace.run("r1")
    folder.path.mkdir()
    recipe = {"steps": 100, "pause": 0.02, "how": "good"}
    folder.job.write_text(json.dumps({"recipe": recipe, "run": "r1", "kind": "run", "device": "cpu", "attempt": 0}))
    pid = lone.submit(folder, "cpu")["pid"]
    found = turn(supervise(), store, ended)
    lone._children[pid].wait()
    assert found["state"] == "succeeded"
    starts = store.rows("SELECT kind FROM ledger WHERE kind IN ('run.started', 'run.resumed')")
    assert [s["kind"] for s in starts] == ["run.started"]


def test_a_silent_adopted_worker_is_lost_only_when_its_heartbeat_is_old(store, supervise, workspace, monkeypatch):
    add(store, steps=10_000, pause=0.01)
    first = supervise()
    turn(first, store, lambda _: has_stepped(workspace))
    handle = json.loads(row(store)["handle"])
    os.killpg(handle["pid"], signal.SIGKILL)
    first.launcher._children[handle["pid"]].wait()
    second = supervise()
    second.tick()
    assert row(store)["state"] == "running"
    monkeypatch.setattr(module, "STALE", 0.0)
    second._follow(row(store))
    assert states(store)[-2:] == ["lost", "queued"]


def test_a_damaged_event_log_fails_the_run_and_ends_its_worker(store, supervise, workspace):
    add(store, steps=10_000, pause=0.01)
    supervisor = supervise()
    turn(supervisor, store, lambda _: has_stepped(workspace))
    with open(workspace.run("r1").events, "ab") as file:
        file.write(b"not an event\n")
    found = turn(supervisor, store, ended)
    assert found["state"] == "failed"
    assert "expected an event" in found["reason"]
    handle = json.loads(found["handle"])
    psutil.wait_procs([p for p in psutil.Process().children() if p.pid == handle["pid"]], timeout=10)
    assert not alive(handle["pid"], handle["started"])


def test_a_run_whose_process_is_no_longer_listed_is_found_by_its_heartbeat(store, supervise, workspace):
    """Somebody deleted its row: the run goes on to its end, and no event is taken twice."""
    add(store, steps=10_000, pause=0.01)
    supervisor = supervise()
    turn(supervisor, store, lambda _: has_stepped(workspace))
    pid = json.loads(row(store)["handle"])["pid"]
    store.write(lambda tx: tx.execute("DELETE FROM processes"))
    supervisor.tick()
    assert row(store)["state"] == "running"
    store.write(lambda tx: runs.ask_end(tx, "r1", "ann"))
    supervisor.tick()
    supervisor.launcher._children[pid].wait(20)
    found = turn(supervisor, store, ended)
    assert (found["state"], found["reason"]) == ("cancelled", "stopped on request")
    assert found["next_seq"] == len(workspace.run("r1").events.read_text().splitlines())


def test_a_launcher_that_cannot_start_fails_the_run(store, supervise):
    add(store)
    supervisor = supervise()
    supervisor.launcher.command = ("/nowhere/python",)
    supervisor.tick()
    assert row(store)["state"] == "failed"
    assert "could not be started" in row(store)["reason"]


def test_launchers_are_chosen_by_configuration(monkeypatch):
    assert isinstance(launcher(), Local)
    monkeypatch.setenv("WORKBENCH_LAUNCHER", "slurm")
    with pytest.raises(BadInput, match="expected one of local"):
        launcher()


def test_a_handle_on_nothing_is_dead(workspace):
    assert Local().poll(workspace.run("r1"), {"pid": 2**22 + 1, "started": 0.0}) == Status(False)


def test_where_nothing_is_under_way_it_waits_until_it_is_woken(store, supervise, monkeypatch):
    """One look at first; a run that is queued is started at once and followed to its end; then it is calm again."""
    supervisor, looks = supervise(), []
    tick = supervisor.tick
    monkeypatch.setattr(supervisor, "tick", lambda: (looks.append(time.monotonic()), tick()))
    supervisor.start()
    try:
        time.sleep(1.0)
        assert len(looks) == 1
        add(store)
        supervisor.wake()
        until = time.monotonic() + 30
        while (not ended(row(store)) or store.board.unsealed()) and time.monotonic() < until:
            time.sleep(0.05)
        assert row(store)["state"] == "succeeded"
        time.sleep(0.5)
        calm = len(looks)
        time.sleep(1.0)
        assert len(looks) == calm
    finally:
        supervisor.close()


def test_the_warm_worker_alone_is_looked_at_seldom(store, supervise):
    supervisor = supervise()
    assert supervisor._pause() == module.IDLE
    handle = json.dumps({"pid": os.getpid(), "started": psutil.Process().create_time()})
    add(store, "w1", kind="interactive")
    store.write(lambda tx: runs.move(tx, "w1", "running", handle=handle, slot="warm"))
    assert supervisor._pause() == module.CALM
    add(store, "r2")
    assert supervisor._pause() == module.EVERY
