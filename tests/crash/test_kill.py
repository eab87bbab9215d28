"""SIGKILL of the worker, the server and both, at random moments of a real pretraining run.

No acknowledged event is lost, none is doubled, the ledger verifies, the run finishes, and its final weights are those
of an undisturbed run, bit for bit.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from backend.control.runs.supervisor import REQUEUES
from backend.control.service import Service
from backend.control.workspace_lock import alive
from backend.workspace.events import read_events
from backend.workspace.heartbeat import read_heartbeat
from backend.workspace.layout import Workspace
from tests.conftest import make_dataset, registered

SERVER = Path(__file__).with_name("serve.py")
RECIPE = {
    "data": {"name": "bars"},
    "stages": ["pretrain"],
    "encoder": {"name": "convnet", "width": 8},
    "pretext": {"name": "simclr"},
    "train": {"epochs": 16, "batch_size": 32, "checkpoint_every": 5, "log_every": 1, "knn_every": 10},
    "collapse": {"every": 5},
    "finetune": {"pretrain_seeds": 1},
}


class Site:
    """A workspace with its server process; remembers all that was ever acknowledged."""

    def __init__(self, root: Path):
        self.workspace = Workspace.open(root)
        self.recipe = root / "recipe.json"
        self.recipe.write_text(json.dumps(RECIPE))
        self.said: dict[int, str] = {}
        self.lines: list[bytes] = []
        service = Service.open(root, start_supervisor=False)
        manifest = make_dataset(service.artefacts).manifest
        registered(service.store, manifest)
        service.catalogue()
        service.close()
        self.start()

    def start(self) -> None:
        self.output = open(self.workspace.root / "said.txt", "ab")  # noqa: SIM115 - the server's, closed at its end
        command = [sys.executable, str(SERVER), str(self.workspace.root), str(self.recipe)]
        self.server = subprocess.Popen(
            command, stdout=self.output, env={**os.environ, "OMP_NUM_THREADS": "1", "WORKBENCH_DEVICES": "cpu"}
        )

    def kill_server(self) -> None:
        self.server.kill()
        self.server.wait()
        self.output.close()

    def kill_worker(self) -> bool:
        """SIGKILL the run's worker; False when none lives."""
        beat = self.heartbeat()
        if beat is None or not alive(beat["pid"], beat["started"]):
            return False
        try:
            os.killpg(beat["pid"], signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def heartbeat(self):
        run = self.run()
        return read_heartbeat(self.workspace.run(run).heartbeat) if run else None

    def run(self) -> str | None:
        return next((path.name for path in self.workspace.runs.glob("run-*")), None)

    def remember(self) -> None:
        """What the worker's log holds now must be a beginning of what it holds in the end."""
        run = self.run()
        events = self.workspace.run(run).events if run else None
        if events and events.exists():
            lines = [line for line in events.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
            assert lines[: len(self.lines)] == self.lines
            self.lines = lines

    def ended(self) -> bool:
        run = self.run()
        return run is not None and any(
            e["kind"] in ("run.finished", "run.failed") for e, _ in read_events(self.workspace.run(run).events)
        )

    def wait(self, until, seconds: float = 280) -> None:
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, self.story()
            assert self.server.poll() is None, self.story()
            time.sleep(0.05)  # each look reads the whole log

    def story(self) -> str:
        """What to say when the run does not get on: the server's and the worker's last words."""
        log = self.workspace.run(self.run()).log if self.run() else None
        text = log.read_text()[-1500:] if log and log.exists() else "no log"
        return f"server {self.server.poll()}, worker {self.heartbeat()}, {len(self.lines)} events; log: {text}"

    def finish(self) -> Service:
        """Let the run end, and open the workspace for questions."""
        self.wait(self.ended)
        self.remember()
        self.kill_server()
        service = Service.open(self.workspace.root, start_supervisor=False)
        deadline = time.monotonic() + 20
        while service.run(self.run())["state"] in ("queued", "running") and time.monotonic() < deadline:
            service.supervisor.tick()
            time.sleep(0.05)
        return service

    def close(self) -> None:
        if self.server.poll() is None:
            self.kill_server()
        self.kill_worker()


@pytest.fixture
def site(tmp_path):
    made = []

    def make(name: str) -> Site:
        made.append(Site(tmp_path / name))
        return made[-1]

    yield make
    for each in made:
        each.close()


def final_weights(service: Service, run: str) -> list[str]:
    return [s["sha256"] for e in service.events(run, "encoder") for s in e["subjects"]]


def check(site: Site, service: Service) -> list[str]:
    """The run's record is whole; returns the digests of the final weights."""
    run = site.run()
    row = service.run(run)
    assert row["state"] == "succeeded", row["reason"]
    report = service.verify()
    assert report["ok"], report["findings"]
    logged = [event for event, _ in read_events(site.workspace.run(run).events)]
    stored = [e for e in service.events(run) if e["actor"] == "worker"]
    assert [e["seq"] for e in stored] == list(range(len(logged)))
    assert [(e["kind"], e["key"], e["time"]) for e in stored] == [(e["kind"], e["key"], e["time"]) for e in logged]
    keyed = [(e["kind"], e["key"]) for e in logged if e["key"] is not None]
    assert len(keyed) == len(set(keyed))
    hashes = {leaf["leaf"]: leaf["hash"] for leaf in service.ledger(limit=10_000)}
    for line in (site.workspace.root / "said.txt").read_text().splitlines():
        if line.endswith("}"):  # the server was killed in the middle of saying it otherwise
            said = json.loads(line)
            assert hashes[said["leaf"]] == said["hash"]
    return final_weights(service, run)


def undisturbed(site) -> list[str]:
    calm = site("calm")
    service = calm.finish()
    weights = check(calm, service)
    service.close()
    assert weights
    return weights


def disturb(site: Site, kills: list[str], draw: random.Random) -> int:
    """Kill as told at random moments of training; returns how many kills struck a living process."""
    struck = 0
    for what in kills:
        before = len(site.lines)
        site.wait(lambda before=before: site.ended() or (site.remember() or len(site.lines) > before + 3))
        if site.ended():
            break
        time.sleep(draw.uniform(0, 0.4))
        if what in ("server", "both"):
            site.kill_server()
        hit = site.kill_worker() if what in ("worker", "both") else True
        site.remember()
        struck += hit
        if what in ("server", "both"):
            time.sleep(draw.uniform(0, 0.3))
            site.start()
    return struck


@pytest.mark.crash
def test_a_run_survives_the_death_of_its_worker_its_server_and_both(site):
    weights = undisturbed(site)
    wild = site("wild")
    assert disturb(wild, ["worker", "server", "both"], random.Random(1)) >= 2
    service = wild.finish()
    assert check(wild, service) == weights
    service.close()


@pytest.mark.crash
@pytest.mark.slow
def test_twenty_kills(site):
    weights = undisturbed(site)
    draw, struck, round_ = random.Random(20), 0, 0
    while struck < 20:
        kills = [draw.choice(["worker", "both"]) for _ in range(REQUEUES)] + ["server"]
        draw.shuffle(kills)
        wild = site(f"wild{round_}")
        struck += disturb(wild, kills, draw)
        service = wild.finish()
        assert check(wild, service) == weights
        service.close()
        wild.close()
        round_ += 1


def test_no_process_is_left_behind():
    mine = psutil.Process().children(recursive=True)
    assert not [p for p in mine if "backend.worker" in " ".join(p.cmdline())]
