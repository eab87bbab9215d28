"""No command is refused because another one is at work: owners answer others, end, and make way for a server."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from backend.control.api import create_api
from backend.control.runs import runs
from backend.control.service import Service
from backend.control.workspace_lock import Owned, owner
from backend.workspace.layout import BadInput, Workspace
from tests.browser.chromium import free_port
from workbench.cli.connecting import Reached, own

# A command that is at work until its input ends, and asks something all the time, as one that follows a run does.
AT_WORK = """
import sys, threading, time
from pathlib import Path
from workbench.cli.connecting import Reached
reached, over = Reached(Path(sys.argv[1])), threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
print("mine" if reached.owns else "other", flush=True)
while not over.wait(0.05):
    reached.runs()
print("mine" if reached.owns else "other", flush=True)
reached.close()
"""


@contextmanager
def at_work(root: Path):
    """The process of a command at work on `root`; ends it unless it has ended."""
    command = [sys.executable, "-c", AT_WORK, str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "mine\n"
            yield process
        finally:
            process.stdin.close()
            process.wait(30)


@contextmanager
def served(service: Service, port: int):
    """The API of `service` on a port, as `workbench serve` has it."""
    app = Starlette(routes=[Mount("/api", create_api(service))])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield
    server.should_exit = True
    thread.join()


@pytest.fixture
def root(tmp_path):
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    service.store.write(lambda tx: runs.create(tx, "r1", "run", "One", "bars", {"recipe": {}}, "anna"))
    service.store.write(lambda tx: runs.move(tx, "r1", "failed", "out of ink"))
    service.close()
    return tmp_path / "ws"


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr("workbench.cli.connecting.PATIENCE", 120.0)


def test_a_command_at_work_answers_others_until_it_is_done(root, quick_hashes, patient):
    workspace = Workspace.open(root)
    with at_work(root) as process:
        socket = Path(owner(workspace)["socket"])
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        assert owner(workspace)["pid"] == process.pid
        for looks in (True, False):
            other = Reached(root, looks)
            assert not other.owns
            assert [run["run"] for run in other.runs()] == ["r1"]
            other.close()
        other = Reached(root)
        assert other.verify()["ok"]
        assert other.trail.checkpoint()["size"] > 0
        with pytest.raises(BadInput, match="expected one of this workspace, found 'nope'"):
            other.run("nope")
        # Whoever can open the socket can open the files: accounts guard the server.
        other.people.add("anna", "viewer", password="correct horse battery")
        assert [person["name"] for person in other.people.listed()] == ["anna"]
        assert other.ledger(limit=1)[0]["actor"] == "local"
    assert not socket.exists()
    assert other.runs()[0]["reason"] == "out of ink", "whoever asked goes on when the owner has ended"
    assert other.owns
    other.close()
    assert owner(workspace) is None


def test_a_path_too_long_for_a_socket(root, tmp_path, patient):
    deep = tmp_path / ("d" * 80) / ("e" * 80)
    deep.parent.mkdir()
    root.rename(deep)
    with at_work(deep):
        socket = Path(owner(Workspace.open(deep))["socket"])
        assert deep not in socket.parents
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        other = Reached(deep)
        assert len(other.runs()) == 1
        other.close()
    assert not socket.parent.exists()


def test_a_command_makes_way_for_a_server_and_goes_on_as_its_client(root, patient):
    port = free_port()
    with at_work(root) as process:
        service = own(root, port, "127.0.0.1")
        try:
            with served(service, port):
                assert owner(service.workspace)["pid"] == os.getpid()
                time.sleep(0.3)
                assert process.poll() is None
                process.stdin.close()
                assert process.stdout.readline() == "other\n"
                assert process.wait(30) == 0
        finally:
            service.close()


def test_a_second_server_is_told_where_the_first_one_is(root):
    script = (
        "import sys; from workbench.cli.connecting import own\n"
        "service = own(sys.argv[1], 8123, '127.0.0.1'); print('mine', flush=True); input()"
    )
    command = [sys.executable, "-c", script, str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "mine\n"
        with pytest.raises(BadInput, match=rf"expected no other server, found process {first.pid} on .*:8123"):
            own(root, 8124, "127.0.0.1")
        first.kill()


def test_commands_that_begin_together_all_answer(root):
    """Each owns the workspace for a moment; the others wait that long."""
    command = [sys.executable, "-m", "workbench.cli", "runs", "list", "--json", "--workspace", str(root)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for process in started:
        out, err = process.communicate()
        assert process.returncode == 0, err
        assert len(json.loads(out.splitlines()[-1])["items"]) == 1


def test_a_process_does_not_wait_for_itself(root):
    service = Service.open(root, start_supervisor=False)
    with pytest.raises(Owned, match="open in this process"):
        Reached(root)
    with pytest.raises(Owned, match="open in this process"):
        own(root, 8123, "127.0.0.1")
    service.close()


def test_an_owner_that_never_answers_is_named(root, monkeypatch):
    monkeypatch.setattr("workbench.cli.connecting.PATIENCE", 0.2)
    script = (
        "import sys; from backend.control.workspace_lock import Ownership\n"
        "from backend.workspace.layout import Workspace\n"
        "held = Ownership(Workspace.open(sys.argv[1])); print('mine', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "mine\n"
        with pytest.raises(BadInput, match=f"expected an answer of process {holder.pid}"):
            Reached(root)
        holder.kill()
