"""An idle server beside one open page takes next to nothing of a core."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest

from .chromium import browser_page, free_port, settle, wait_until_up

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_idle_server_with_an_open_page_takes_a_hundredth_of_a_core(chromium, tmp_path):
    port, log = free_port(), tmp_path / "server.log"
    command = [sys.executable, "-m", "workbench.cli", "serve", "--workspace", str(tmp_path / "ws"), "--port", str(port)]
    with open(log, "ab") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        wait_until_up(f"http://127.0.0.1:{port}", server, log)
        with browser_page() as page:
            page.goto(f"http://127.0.0.1:{port}")
            settle(page)
            time.sleep(10)  # the catalogue is listed once after the start
            taken, began = seconds(server.pid), time.monotonic()
            time.sleep(60)
            share = (seconds(server.pid) - taken) / (time.monotonic() - began)
        assert share <= 0.01
    finally:
        server.terminate()
        server.wait(30)


def seconds(pid: int) -> float:
    """CPU that the process has used so far."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system
