"""How much memory work may take: the settings, what a process holds, and a data job that is held to its limit."""

import json
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backend.audit.witness.settings import record_settings
from backend.control.runs.memory_limits import MemoryLimits, memory_limits, reached
from backend.workspace import memory
from backend.workspace.layout import BadInput, RunFolder

GIB = memory.GIB


def test_defaults_follow_the_machine(monkeypatch, tmp_path):
    limits = memory_limits(tmp_path)
    assert limits == MemoryLimits()
    for has, runs, data, look in ((4, 3.2, 2, 1), (24, 19.2, 12, 2), (512, 409.6, 32, 2)):
        monkeypatch.setattr("backend.control.runs.memory_limits.machine", lambda has=has: has * GIB)
        assert limits.of("run") == limits.of("interactive") == int(runs * GIB)
        assert (limits.of("data"), limits.of("look")) == (data * GIB, look * GIB)
        assert limits.of("run", devices=4) == pytest.approx(runs * GIB / 4, abs=4)


def test_settings_say_it_in_gib(tmp_path):
    (tmp_path / "settings.toml").write_text("[memory]\nruns = 20\ndata = 1.5\nlook = 0.5\n[record]\n")
    limits = memory_limits(tmp_path)
    assert (limits.of("run", devices=2), limits.of("data"), limits.of("look")) == (20 * GIB, 3 * GIB // 2, GIB // 2)
    assert reached("data", limits.of("data")).startswith("memory limit of 1.5 GiB reached")
    assert record_settings(tmp_path).witnesses == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runs = 0", "memory.runs: expected a number of at least 0.25, found 0"),
        ("runs = nan", "memory.runs"),
        ("data = inf", "memory.data"),
        ('look = "2"', "memory.look"),
        ("all = 3", "memory.all: expected a known key, found an unknown one"),
        ("runs = ", "expected TOML"),
    ],
)
def test_wrong_settings_are_one_line(text, said, tmp_path):
    (tmp_path / "settings.toml").write_text(f"[memory]\n{text}\n")
    with pytest.raises(BadInput) as caught:
        memory_limits(tmp_path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "settings.toml"))


def test_a_control_group_counts_as_the_machine(monkeypatch):
    has = memory.machine()
    real = memory.Path.read_text
    text = {"/sys/fs/cgroup/memory.max": "max", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "123456789"}
    monkeypatch.setattr(memory.Path, "read_text", lambda self, *a: text.get(str(self)) or real(self, *a))
    assert memory.machine() == 123456789 < has


def test_what_a_process_holds_counts_its_children():
    inner = "import time; y = b'y' * (80 << 20); print('there', flush=True); time.sleep(60)"
    outer = f"import subprocess, sys; x = b'x' * (60 << 20); subprocess.run([sys.executable, '-c', {inner!r}])"
    process = subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE, start_new_session=True)
    try:
        process.stdout.readline()
        assert 140 << 20 < memory.held(process.pid) < 240 << 20
    finally:
        os.killpg(process.pid, 9)
        process.wait()
        process.stdout.close()
    assert memory.held(process.pid) == 0


def test_a_data_job_is_held_to_its_limit_and_says_so(tmp_path):
    """One row with a list of 2^27 numbers, which no count can see before it is decoded: 0.5 GiB from 900 bytes."""
    lists = pa.ListArray.from_arrays([0, 1 << 27], pa.array(np.zeros(1 << 27, np.int32)))
    pq.write_table(pa.table({"text": ["a"], "n": lists}), tmp_path / "t.parquet", compression="zstd")
    assert (tmp_path / "t.parquet").stat().st_size < 2_000
    folder = RunFolder(tmp_path / "runs" / "data-1")
    folder.path.mkdir(parents=True)
    spec = {"name": "x", "kind": "text", "path": str(tmp_path / "t.parquet")}
    folder.job.write_text(json.dumps({"kind": "data", "spec": spec, "attempt": 0, "memory": 1 << 28}))
    done = subprocess.run([sys.executable, "-m", "backend.worker", str(folder.path)], capture_output=True, text=True)
    assert done.returncode == 1
    last = json.loads(folder.events.read_text().splitlines()[-1])
    assert last["kind"] == "run.failed"
    assert last["body"]["input"]
    assert last["body"]["reason"] == (
        f"{spec['path']}: expected a source that can be read within 0.25 GiB of memory (settings.toml: [memory]), "
        "found one that takes more"
    )
