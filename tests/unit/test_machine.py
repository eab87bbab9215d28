"""What is at work where, what waits, how much room there is; and what is said while a run is cancelled."""

from __future__ import annotations

import json
import os
import time

import pytest

from backend.control.runs import runs as run_rows
from backend.control.runs.machine import size_of
from backend.control.service import Service
from workbench.verdicts import machine as words
from workbench.verdicts import run as run_words

GIB = 1 << 30


@pytest.fixture
def service(workspace, monkeypatch):
    monkeypatch.setenv("WORKBENCH_DEVICES", "cuda:1,cuda:3")
    service = Service.open(workspace.root, start_supervisor=False)
    for run in ("r1", "r2", "r3"):
        job = {"recipe": {"title": f"Run {run}", "stages": ["pretrain"]}}
        told = ("run", run, "run", job["recipe"]["title"], "bars", job, "ann")
        service.store.write(lambda tx, told=told: run_rows.create(tx, told[1], *told[2:]))
    service.store.write(lambda tx: run_rows.move(tx, "r1", "running", slot="cuda:3", handle="{}"))
    yield service
    service.close()


def test_devices_queue_and_room(service):
    folder = service.workspace.run("r1")
    folder.path.mkdir(parents=True, exist_ok=True)
    beat = {"pid": os.getpid(), "started": 0.0, "time": time.time(), "stage": "pretrain", "done": 1, "total": 2}
    folder.heartbeat.write_text(json.dumps({**beat, "unit": "steps", "note": "", "eta_s": None}))
    state = service.machine.state()
    at_work = {device["name"]: device["run"] for device in state["devices"]}
    assert at_work == {"cuda:1": None, "cuda:3": "r1", "data": None}
    assert state["queue"] == ["r2", "r3"]
    assert state["memory"]["held"]["r1"] > 1 << 20
    assert 0 < state["disk"]["free"] <= state["disk"]["total"]
    runs = {run["run"]: run for run in service.runs()}
    assert words.headline(state) == "1 of 2 devices at work, 2 runs wait"
    rows = words.device_rows(state, runs)
    assert [row["At work"] for row in rows] == ["free", "Run r1: pretraining", "free"]
    assert [row["Waits"] for row in words.queue_rows(state, runs)] == ["Run r2", "Run r3"]


def test_a_full_disk_is_warned_of():
    state = {"disk": {"total": 100 * GIB, "free": 4 * GIB}}
    assert words.warning(state).startswith("The disk is nearly full: 4 GiB of 100 GiB free.")
    assert words.warning({"disk": {"total": 100 * GIB, "free": 6 * GIB}}) == ""


def test_the_size_of_a_folder_follows_no_link(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"x" * 1_000)
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    assert 1_000 <= size_of(tmp_path) < 1_000 + 4_096


def test_a_run_that_somebody_cancelled_says_so_until_it_has_ended(service):
    assert not service.run("r1")["cancelling"]
    for run in ("r1", "r2"):
        service.store.write(lambda tx, run=run: run_rows.ask_end(tx, run, "ann"))
    assert service.run("r1")["cancelling"]
    assert run_words.sentence(service.run("r1")).startswith("Cancelling … it writes a checkpoint and stops")
    assert run_words.sentence(service.run("r2")) == "Cancelling … it has not started and never will."
    service.store.write(lambda tx: run_rows.move(tx, "r1", "cancelled", "asked for by ann"))
    assert not service.run("r1")["cancelling"]
    assert run_words.sentence(service.run("r1")).startswith("Cancelled")
