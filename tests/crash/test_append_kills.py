"""SIGKILL of the server while four clients append: what was acknowledged is there, once, and the ledger is whole.

By default one kill; `-m slow` makes 200 (WORKBENCH_KILLS sets another number).
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from backend.control.service import Service

SERVER = Path(__file__).with_name("append.py")
CLIENTS = 4


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Clients:
    """Threads that append numbered events, each its own, and remember which were acknowledged, under which leaf."""

    def __init__(self, port: int):
        self.url, self.stop = f"http://127.0.0.1:{port}", threading.Event()
        self.acknowledged: dict[tuple[str, int], int] = {}
        self.threads = [threading.Thread(target=self.append, args=(f"c{i}",), daemon=True) for i in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def append(self, name: str) -> None:
        number = 0
        with httpx.Client(timeout=5, trust_env=False) as http:
            while not self.stop.is_set():
                number += 1  # one that got no answer may be there or not, and is not sent again
                try:
                    leaf = http.post(f"{self.url}/append/{name}/{number}").raise_for_status().json()["leaf"]
                    self.acknowledged[name, number] = leaf
                except httpx.HTTPError:
                    time.sleep(0.1)

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


def serve(root: Path, port: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(SERVER), str(root), str(port)], env={**os.environ, "OMP_NUM_THREADS": "1"}
    )


def kill_often(root: Path, kills: int, draw: random.Random) -> dict[tuple[str, int], int]:
    """Kill the server `kills` times, each after some appends of its own; returns what was acknowledged."""
    port = free_port()
    clients, server = Clients(port), serve(root, port)
    try:
        for _ in range(kills):
            before, patience = len(clients.acknowledged), time.monotonic() + 60
            while len(clients.acknowledged) < before + CLIENTS:
                assert server.poll() is None, "the server did not come back"
                assert time.monotonic() < patience, "no append was acknowledged within a minute"
                time.sleep(0.02)
            time.sleep(draw.uniform(0, 0.2))
            server.send_signal(signal.SIGKILL)
            server.wait()
            server = serve(root, port)
    finally:
        clients.end()
        with suppress(ProcessLookupError):
            server.kill()
        server.wait()
    return clients.acknowledged


def check(root: Path, acknowledged: dict[tuple[str, int], int]) -> None:
    service = Service.open(root, start_supervisor=False)
    report = service.verify()
    assert report["ok"], report["findings"]
    stored = {e["leaf"]: (e["body"]["client"], e["body"]["number"]) for e in service.events("kills")}
    assert len(set(stored.values())) == len(stored), "an event is there twice"
    lost = {which: leaf for which, leaf in acknowledged.items() if stored.get(leaf) != which}
    assert not lost
    service.close()


@pytest.mark.crash
def test_no_acknowledged_event_is_lost(tmp_path):
    check(tmp_path / "ws", kill_often(tmp_path / "ws", 1, random.Random(1)))


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_acknowledged_event_is_lost_in_many_kills(tmp_path):
    kills = int(os.environ.get("WORKBENCH_KILLS", "200"))
    check(tmp_path / "ws", kill_often(tmp_path / "ws", kills, random.Random(200)))
