"""`workbench witness` as a person starts it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from typer.testing import CliRunner

from backend.audit.ledger.notes import VerifierKey
from backend.audit.witness.cosigning import ask
from backend.audit.witness.http_post import Unreachable
from backend.audit.witness.witness import Witness
from backend.workspace.layout import BadInput
from tests.witnessing import KEY, Log
from workbench.cli.app import app

ROOT = Path(__file__).parents[2]


def test_it_prints_its_key_serves_and_survives_a_kill(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    words = ["witness", "--state", str(tmp_path / "state"), "--origin-key", str(KEY.verifier), "--port", port]
    command = [sys.executable, "-m", "workbench.cli", *words]
    url, log = f"http://127.0.0.1:{port}", Log(5)
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        first, second = child.stdout.readline(), child.stdout.readline()
        assert first == f"Witness of {KEY.name} on {url}; its key:\n"
        key = VerifierKey.parse(second)
        _when_up(lambda: ask(log.note(), url, key, 0, log.prove))
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    again = Witness(tmp_path / "state", [KEY.verifier])
    assert (again.key.verifier, again.latest(KEY.name)) == (key, (5, log.nodes.root()))


def test_a_wrong_key_is_one_line(tmp_path):
    found = CliRunner().invoke(app, ["witness", "--state", str(tmp_path / "s"), "--origin-key", "nothing"])
    assert isinstance(found.exception, BadInput)
    assert re.match(r"--origin-key: verifier key: expected name\+hash\+key", str(found.exception))
    assert not (tmp_path / "s").exists()


def _when_up(call, seconds: float = 20):
    end = time.monotonic() + seconds
    while True:
        try:
            return call()
        except Unreachable:
            assert time.monotonic() < end
            time.sleep(0.05)
