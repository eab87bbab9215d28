"""SIGKILL of the server in the middle of a sweep, twice, and once of the trial's worker with it.

No trial is lost, none is doubled, all are in the ledger, and what is drawn follows from what the ledger holds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from backend.control.runs.sweeps import plans
from backend.control.service import Service
from backend.control.workspace_lock import alive
from backend.workspace.heartbeat import read_heartbeat
from tests.conftest import make_dataset, registered
from tests.sweep_worker import score

pytest.importorskip("optuna")
SERVER = Path(__file__).with_name("sweep.py")
TRIALS = 20
RECIPE = {"data": {"name": "bars"}, "encoder": {"name": "convnet", "width": 8}, "train": {"batch_size": 32}, "seed": 3}


def workspace(root: Path) -> Path:
    """A workspace with a data set, and the recipe beside it."""
    service = Service.open(root, start_supervisor=False)
    registered(service.store, make_dataset(service.artefacts).manifest)
    service.catalogue()
    service.close()
    (root / "recipe.json").write_text(json.dumps(RECIPE))
    return root


def serve(root: Path) -> subprocess.Popen:
    command = [sys.executable, str(SERVER), str(root), str(root / "recipe.json"), str(TRIALS)]
    return subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1", "WORKBENCH_DEVICES": "cpu"})


def runs_of(root: Path) -> int:
    return len(list((root / "runs").glob("run-*")))


def kill_at(root: Path, trials: int, worker: bool) -> None:
    """Let a server work until so many trials have begun, then SIGKILL it; its worker goes on, or is killed too.

    A worker that is to be killed has to show a sign of life before its server dies: a server that dies between
    making a run's folder and starting its worker leaves nobody to kill.
    """
    server, patience = serve(root), time.monotonic() + 240
    try:
        while runs_of(root) < trials or (worker and living_worker(root) is None):
            assert server.poll() is None, "the server ended before it was killed"
            assert time.monotonic() < patience, f"{runs_of(root)} trials within four minutes"
            time.sleep(0.01)
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()
    if worker:
        kill_worker(root)


def living_worker(root: Path) -> int | None:
    """Process id of the worker of the newest run; None before its first sign of life and after its end."""
    newest = max((root / "runs").glob("run-*"), key=lambda path: path.stat().st_ctime_ns)
    beat = read_heartbeat(newest / "heartbeat.json")
    return beat["pid"] if beat and alive(beat["pid"], beat["started"]) else None


def kill_worker(root: Path) -> None:
    """SIGKILL the worker that the dead server left; it may have ended by itself since."""
    if pid := living_worker(root):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


@pytest.mark.crash
@pytest.mark.slow  # which trial is next follows from the ledger: tests/unit/test_sweeps.py
def test_a_sweep_that_is_killed_twice_loses_and_doubles_no_trial(tmp_path):
    root = workspace(tmp_path / "killed")
    kill_at(root, 5, worker=False)
    kill_at(root, 12, worker=True)
    assert serve(root).wait(timeout=200) == 0

    service = Service.open(root, start_supervisor=False)
    (sweep,) = service.sweeps.listed()
    found = service.sweeps.of(sweep["sweep"])
    assert (found["state"], found["reason"]) == ("finished", "all trials are done")
    assert [trial["number"] for trial in found["trials"]] == list(range(TRIALS))
    assert all(trial["state"] in ("complete", "pruned", "failed") for trial in found["trials"])

    by_run = {run["run"]: run for run in service.runs() if run["kind"] == "run"}
    assert [trial["run"] for trial in found["trials"]] == sorted(
        by_run, key=lambda name: by_run[name]["sweep"]["number"]
    )
    assert len({trial["run"] for trial in found["trials"]}) == TRIALS == len(by_run)
    for trial in found["trials"]:  # told as the run itself came out
        if trial["state"] == "complete":
            assert trial["score"] == score(by_run[trial["run"]]["recipe"])

    kinds = [event["kind"] for event in service.events(sweep["sweep"])]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "sweep.begun": 1,
        "sweep.trial": TRIALS,
        "sweep.told": TRIALS,
        "sweep.ended": 1,
    }
    report = service.verify()
    assert report["ok"], report["findings"]
    plan, sweep = found["plan"], service.store.board.sweep(sweep["sweep"])
    service.close()
    for number, trial in sweep.trials.items():  # drawn as it is drawn from what was in the ledger by then
        before = replace(sweep, trials={n: one for n, one in sweep.trials.items() if n < number})
        assert plans.following(plan, before) == (trial.phase, trial.params, trial.seed)
    assert sweep.trials[0].params == {one["name"]: one["first"] for one in plan["space"] if "of" not in one} | {
        "pretext.simclr.temperature": 0.2
    }
    assert len({json.dumps(trial.params, sort_keys=True) for trial in sweep.trials.values()}) == TRIALS
