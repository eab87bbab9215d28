"""The worker: what it says when it begins, resumes, fails, is stopped, or finds another at work."""

import json
import signal
import threading

import pytest

from backend import worker
from backend.engine.job import Progress
from backend.workspace.artefacts import Artefacts
from backend.workspace.events import EventLog, read_events
from backend.workspace.heartbeat import Heartbeat, read_heartbeat
from backend.workspace.layout import BadInput
from backend.workspace.provenance import code, provenance


@pytest.fixture
def folder(workspace):
    folder = workspace.run("r1")
    folder.path.mkdir()
    write_job(folder)
    return folder


def write_job(folder, attempt=0, kind="run", **more):
    folder.job.write_text(json.dumps({"run": "r1", "kind": kind, "attempt": attempt, "device": "cpu", **more}))


def run(folder, work, monkeypatch, before=lambda stop: None):
    """One attempt with `work(events, progress, stop)` in place of the stages."""

    def stages(todo, folder, events, progress, stop):
        worker.say_started(events, todo, {"recipe": {}})
        work(events, progress, stop)

    monkeypatch.setattr(worker, "run_stages", stages)
    events, stop = EventLog(folder.events), threading.Event()
    before(stop)
    code = worker.attempt(folder, events, Progress(), stop)
    events.close()
    return code, [event for event, _ in read_events(folder.events)]


def fail_with(error):
    def work(events, progress, stop):
        with worker.stage_events(events, progress, "study"):
            raise error

    return work


def test_the_first_event_says_with_what_the_run_was_made(folder, monkeypatch):
    code_, events = run(folder, lambda *_: None, monkeypatch)
    assert code_ == worker.DONE
    assert [e["kind"] for e in events] == ["run.started", "run.finished"]
    body = events[0]["body"]
    assert set(body) == {"recipe", "code", "packages", "python", "platform"}
    assert len(body["code"]["digest"]) == 64
    assert {"torch", "numpy", "captum"} <= set(body["packages"])


@pytest.mark.parametrize(
    ("error", "reason", "wrong_input"),
    [
        (BadInput("label: expected two classes, found one"), "label: expected two classes, found one", True),
        (RuntimeError("mat1 and mat2\nshapes"), "RuntimeError: mat1 and mat2 shapes", False),
        (KeyError(), "KeyError: no message", False),
    ],
)
def test_a_failure_is_one_line_with_its_place(folder, monkeypatch, capsys, error, reason, wrong_input):
    code_, events = run(folder, fail_with(error), monkeypatch)
    assert code_ == worker.FAILED
    assert events[-1]["kind"] == "run.failed"
    assert events[-1]["body"] == {"reason": reason, "where": "stage study", "input": wrong_input}
    printed = capsys.readouterr().err
    assert ("Traceback" in printed) != wrong_input
    assert printed.strip() == reason or not wrong_input


def test_a_stop_is_a_cancelled_run(folder, monkeypatch):
    def work(events, progress, stop):
        raise worker.Stopped

    code_, events = run(folder, work, monkeypatch)
    assert (code_, events[-1]["kind"]) == (worker.DONE, "run.cancelled")


def test_a_second_attempt_resumes_and_an_ended_run_is_left_alone(folder, monkeypatch):
    with EventLogClosing(folder) as events:
        worker.say_started(events, {"attempt": 0}, {})
        events.append("metrics", {}, key="pretrain/0/10")
    write_job(folder, attempt=1)
    _, events = run(folder, lambda *_: None, monkeypatch)
    assert [e["kind"] for e in events] == ["run.started", "metrics", "run.resumed", "run.finished"]
    assert events[2]["body"] == {"attempt": 1, "from": "pretrain/0/10"}
    again, events = run(folder, fail_with(RuntimeError()), monkeypatch)
    assert (again, len(events)) == (worker.DONE, 4)


def test_checkpoints_are_dropped_when_the_run_has_succeeded_and_kept_when_it_failed(folder, monkeypatch):
    folder.checkpoints.mkdir()
    run(folder, fail_with(RuntimeError("x")), monkeypatch)
    assert folder.checkpoints.is_dir()
    folder.events.unlink()
    run(folder, lambda *_: None, monkeypatch)
    assert not folder.checkpoints.exists()


def test_two_workers_never_write_one_log(folder, capsys):
    with worker.only_worker(folder) as alone:
        assert alone
        before = signal.getsignal(signal.SIGTERM)
        assert worker.main(folder) == worker.BUSY
        assert signal.getsignal(signal.SIGTERM) is before
    assert not folder.events.exists()


def test_finished_stages_are_skipped_and_the_rest_run_in_order(folder, dataset, monkeypatch):
    ran = []

    class Plugin:
        def __init__(self, name):
            self.call = lambda job: ran.append((name, job.dataset.name, job.device))

    monkeypatch.setattr(worker, "plugin", lambda registry, name: Plugin(name))
    monkeypatch.setattr(worker, "use_device", lambda wanted: {"type": "cpu", "name": "x", "threads": 1})
    recipe = {"data": {"name": "bars"}, "stages": ["study", "pretrain", "project"]}
    write_job(folder, recipe=recipe, dataset=dataset.manifest)
    with EventLogClosing(folder) as events:
        events.append("run.started", {}, key="start")
        events.append("stage.finished", {"stage": "pretrain"}, key="pretrain")
    with EventLogClosing(folder) as events:
        assert worker.attempt(folder, events, Progress(), threading.Event()) == worker.DONE
    assert ran == [("study", "bars", "cpu"), ("project", "bars", "cpu")]


def test_a_data_job_registers_what_the_reader_gives(folder, monkeypatch, workspace):
    import sys
    import types

    def register(spec, artefacts, progress):
        progress(1, 2, "images", "reading")
        return {"name": spec["name"]}, [artefacts.put_json("sheet", {})]

    monkeypatch.setitem(sys.modules, "backend.data.register", types.SimpleNamespace(register=register))
    write_job(folder, kind="data", spec={"name": "bars"})
    with EventLogClosing(folder) as events:
        assert worker.attempt(folder, events, Progress(), threading.Event()) == worker.DONE
    events = [event for event, _ in read_events(folder.events)]
    assert [e["kind"] for e in events][-3:] == ["data.registered", "stage.finished", "run.finished"]
    registered = events[-3]
    assert registered["body"] == {"name": "bars"}
    assert Artefacts(workspace.artefacts).json(registered["subjects"][0]["sha256"]) == {}


class EventLogClosing:
    def __init__(self, folder):
        self.events = EventLog(folder.events)

    def __enter__(self):
        return self.events

    def __exit__(self, *_):
        self.events.close()


def test_the_heartbeat_shows_the_stage_and_the_time_left(folder):
    progress = Progress(stage="pretrain", done=0, total=100, unit="steps")
    beat = Heartbeat(folder.heartbeat, progress)
    beat._since = (("pretrain", "steps"), beat._since[1] - 10, 0.0)
    progress.done = 25
    beat.close()
    found = read_heartbeat(folder.heartbeat)
    assert (found["stage"], found["done"], found["unit"]) == ("pretrain", 25, "steps")
    assert found["eta_s"] == pytest.approx(30, rel=0.1)
    assert found["age"] < 5


def test_the_time_left_starts_anew_when_a_stage_counts_something_else(folder):
    beat = Heartbeat(folder.heartbeat, Progress(stage="pretrain", done=90, total=100, unit="texts"))
    beat._since = (("pretrain", "texts"), beat._since[1] - 1000, 0.0)
    beat.progress.done, beat.progress.unit = 95, "steps"
    beat.close()
    assert read_heartbeat(folder.heartbeat)["eta_s"] is None, "there is no pace of steps yet"


def test_a_torn_heartbeat_is_none(folder):
    assert read_heartbeat(folder.heartbeat) is None
    folder.heartbeat.write_text('{"pid": 1')
    assert read_heartbeat(folder.heartbeat) is None


def test_the_code_digest_is_stable_and_the_record_is_json():
    assert code.__wrapped__() == code()
    assert json.dumps(provenance())
