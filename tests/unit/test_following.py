"""Waiting for a run on the shell: what Ctrl-C asks and does, on a terminal and without one."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import termios
import time

import pytest

from workbench.cli import app, following

# A run that goes on until it is cancelled, or until the file DONE is there.
SCRIPT = """
import os, sys
from workbench.cli.following import follow

class Service:
    owns, state = True, "running"

    def run(self, run):
        state = "succeeded" if os.path.exists(sys.argv[1]) else self.state
        return {"run": run, "state": state, "reason": None, "progress": None, "started": None, "ended": None}

    def cancel(self, run):
        self.state = "cancelled"

    def wait(self, run, timeout):
        return self.run(run)

found = follow(Service(), "r1", verdicts=False)
print("END", found["state"], found["left"], flush=True)
"""


class Terminal:
    """The script on a terminal of its own."""

    def __init__(self, done):
        self.here, there = os.openpty()
        command = [sys.executable, "-c", SCRIPT, str(done)]
        options = {"stdin": there, "stdout": there, "stderr": there, "start_new_session": True}
        self.process = subprocess.Popen(
            command,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "TERM": "xterm"},
            **options,
        )
        os.close(there)
        self.unread = ""

    def until(self, text: str, seconds: float = 60) -> None:
        """Read until `text` is on the terminal; what comes after it is left for the next time."""
        end = time.monotonic() + seconds
        while text not in self.unread:
            assert time.monotonic() < end, f"no {text!r} in {self.unread!r}"
            if select.select([self.here], [], [], 0.2)[0]:
                self.unread += os.read(self.here, 4096).decode()
        self.unread = self.unread.partition(text)[2]

    def press(self, keys: str) -> None:
        os.write(self.here, keys.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.here)


@pytest.fixture
def terminal(tmp_path):
    made = Terminal(tmp_path / "done")
    yield made
    made.close()


def test_ctrl_c_asks_and_c_cancels(terminal):
    terminal.until("run r1")
    terminal.press("\x03")
    terminal.until("Ctrl-C: [c]ancel r1, [w]atch on, or leave it running (Enter)? ")
    terminal.press("c\n")
    terminal.until("cancelling r1 (it writes a checkpoint first)")
    terminal.until("END cancelled False")


@pytest.mark.parametrize("keys", ["\n", "\x03"], ids=["Enter", "a second Ctrl-C"])
def test_what_loses_nothing_is_what_happens_by_default(terminal, keys):
    terminal.until("run r1")
    terminal.press("\x03")
    terminal.until("(Enter)? ")
    terminal.press(keys)
    terminal.until(
        "r1: left running; `workbench runs show r1` tells how far it is, `workbench runs cancel r1` stops it"
    )
    terminal.until("END running True")


def test_one_can_watch_on(terminal, tmp_path):
    terminal.until("run r1")
    for _ in range(2):
        terminal.press("\x03")
        terminal.until("(Enter)? ")
        terminal.press("w\n")
        terminal.until("running")  # the bar is back
    (tmp_path / "done").touch()
    terminal.until("END succeeded False")


def test_without_a_terminal_the_run_is_left_and_said_so(tmp_path):
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "done")]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "run r1\n"
        time.sleep(1.0)  # until it listens
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert out == "END running True\n"
    assert "r1: left running" in err


def test_exit_codes():
    assert app.ended({"left": True, "state": "running"}) == 130
    assert app.ended({"left": False, "state": "succeeded"}) == 0
    assert app.ended({"left": False, "state": "cancelled"}) == 1


def test_a_queued_run_that_nobody_looks_after_says_when_it_starts():
    queued = {"run": "r1", "state": "queued"}
    assert "left queued; it starts when somebody is at work here again" in following.left_line(queued, owns=True)
    assert "left running" not in following.left_line(queued, owns=True)
    assert "runs cancel r1" in following.left_line(queued, owns=False)


class Told:
    """A service whose run goes through these states, one each time it is asked."""

    def __init__(self, *states: str, owns: bool = True, others: tuple[str, ...] = ()):
        self.states, self.owns, self.others = list(states), owns, others

    def run(self, run):
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"run": run, "state": state, "reason": "no such data" if state == "failed" else None}

    def runs(self):
        return [{"run": f"r{i}", "state": state} for i, state in enumerate(("queued", *self.others), 1)]


@pytest.mark.parametrize(
    ("service", "left", "said"),
    [
        (Told("queued", "queued", "running"), True, "r1: left running"),
        (Told("queued", others=("running",)), True, "r1: left queued; it starts when somebody is at work here again"),
        (Told("queued", owns=False), True, "r1: left queued; `workbench runs show r1`"),
        (Told("queued", "failed"), False, "r1: failed: no such data"),
    ],
)
def test_a_detached_run_is_left_once_it_needs_nobody(service, left, said, capsys):
    assert following.detach(service, "r1")["left"] is left
    out, err = capsys.readouterr()
    assert out == "run r1\n"
    assert said in err
