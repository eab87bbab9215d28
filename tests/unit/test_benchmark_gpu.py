"""The measurements for a CUDA device, as far as a CPU shows them: they run, and one that fails takes none along."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.benchmarks.gpu import packed
from tests.benchmarks.gpu.__main__ import Table, run
from tests.benchmarks.gpu.parts import PARTS, WHEELS, Part
from tests.benchmarks.gpu.settings import Settings

ROOT = Path(__file__).parents[2]
# What a bare machine lacks and the parts for images and texts must do without
ABSENT = ("pyarrow", "scipy", "sklearn", "duckdb", "numba", "faiss", "jsonschema", "captum", "matplotlib", "psutil")
BARE = f"import sys; sys.modules |= dict.fromkeys({ABSENT}); from tests.benchmarks.gpu.__main__ import main; "


def dry_run(folder: Path, *words: str, bare: bool = False) -> tuple[str, str, int]:
    """(what it printed, the table, exit code)"""
    told = ("--dry-run", "--out", str(folder / "gpu.md"), *words)
    start = ["-c", BARE + f"sys.exit(main({list(told)}))"] if bare else ["-m", "tests.benchmarks.gpu", *told]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *start], capture_output=True, text=True, cwd=ROOT, env=environment)
    return done.stdout + done.stderr, (folder / "gpu.md").read_text(), done.returncode


def rows(table: str, part: str) -> list[list[str]]:
    (title,) = (one.title for one in PARTS if one.name == part)
    section = table.split(f"## {title}\n")[1].split("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")][2:]


@pytest.mark.slow  # every measurement once, in small
def test_images_and_texts_are_measured_without_what_a_bare_machine_lacks(tmp_path):
    printed, table, code = dry_run(tmp_path, "--only", "speed", "knn", "language", bare=True)
    assert code == 0, printed
    assert "A dry run on a CPU with invented data: its figures say nothing." in table
    ((batch, precision, rate, *_),) = rows(table, "speed")
    assert (batch, precision) == ("8", "fp32")
    assert float(rate.replace(",", "")) > 0
    untrained, trained = rows(table, "knn")
    assert untrained[0] == "untrained"
    assert float(trained[1]) > 0
    assert all(line[4].split(" ± ")[0] != "nan" and line[5] == "64" for line in (untrained, trained))
    ((encoder, *_, tokens, _),) = rows(table, "language")
    assert encoder == "bert"
    assert float(tokens.replace(",", "")) > 0
    assert "Not begun" not in table


@pytest.mark.slow
def test_all_parts_run(tmp_path):
    printed, table, code = dry_run(tmp_path)
    assert code == 0, printed
    assert all(rows(table, part.name) for part in PARTS)
    assert {outcome for _, outcome in rows(table, "tests")} == {"found, not run"}


def test_a_part_that_fails_lasts_or_lacks_something_is_one_line_and_the_next_goes_on(tmp_path, capfd):
    def failing(settings):
        yield "1", "2"
        raise ValueError("expected a device,\nfound none")

    def lasting(settings):
        yield "3", "4"
        time.sleep(60)

    def ending(settings):
        os._exit(7)
        yield ()

    def fine(settings):
        yield "5", "6"

    calls = {"failing": failing, "lasting": lasting, "ending": ending, "fine": fine}
    parts = [Part(name, name.title(), call, ("a", "b"), 1.0 if call is lasting else 30) for name, call in calls.items()]
    parts.insert(0, Part("lacking", "Lacking", fine, ("a", "b"), 30, ("no_such_module",)))
    WHEELS["no_such_module"] = "no-such-wheel"
    try:
        table = Table(tmp_path / "gpu.md", False, parts)
        began = time.monotonic()
        assert run(parts, Settings(tmp_path / "data.npz", tmp_path, device="cpu"), table, 1) == 1
    finally:
        del WHEELS["no_such_module"]
    assert time.monotonic() - began < 20
    sections = (tmp_path / "gpu.md").read_text().split("\n## ")
    told = {section.split("\n")[0].lower(): section.strip().splitlines() for section in sections[1:]}
    assert told["lacking"][-1] == "lacking: needs no_such_module, found none; carry the wheels no-such-wheel"
    assert told["failing"][-3:] == ["| 1 | 2 |", "", "failing: ValueError: expected a device, found none"]
    assert told["lasting"][-3:] == ["| 3 | 4 |", "", "lasting: ended after 1 s, its limit"]
    assert told["ending"][-1] == "ending: its process ended with 7"
    assert told["fine"][-1] == "| 5 | 6 |"
    assert "| 5 | 6 |" in capfd.readouterr().out


def test_what_no_time_is_left_for_is_left_out(tmp_path):
    part = Part("one", "One", lambda settings: iter([("1",)]), ("a",), 30)
    table = Table(tmp_path / "gpu.md", False, [part])
    assert run([part], Settings(tmp_path / "data.npz", tmp_path), table, minutes=0.1) == 1
    assert table.said == {"one": "one: left out, no time was left of 0.1 minutes"}


def test_the_packed_file_gives_back_what_went_in(tmp_path):
    for name, count in (("train", 3), ("test", 2)):
        images = []
        for number in range(count):
            Image.new("RGB", (32, 32), (80 * number, 10, 200)).save(tmp_path / "one.png")
            images.append((tmp_path / "one.png").read_bytes())
        (tmp_path / "cifar10").mkdir(exist_ok=True)
        table = pa.table({"image": images, "label": pa.array(range(count), pa.int8())})
        pq.write_table(table, tmp_path / "cifar10" / f"cifar10_{name}.parquet")
    (tmp_path / "boolq_wikipedia").mkdir()
    pq.write_table(pa.table({"passage": ["Ünïcode", "", "b"]}), tmp_path / "boolq_wikipedia" / "passages.parquet")

    packed.pack(tmp_path, tmp_path / "data.npz")
    assert packed.texts(tmp_path / "data.npz") == ["Ünïcode", "", "b"]
    first = packed.pictures(tmp_path / "data.npz", tmp_path / "kept.npz")
    assert first.images.shape == (3, 3, 32, 32)
    assert first.images[:, :, 5, 7].tolist() == [[0, 10, 200], [80, 10, 200], [160, 10, 200]]
    assert first.labels.tolist() == [0, 1, 2]
    (tmp_path / "data.npz").unlink()  # the second process reads what the first one decoded
    second = packed.pictures(tmp_path / "data.npz", tmp_path / "kept.npz")
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_each_module_that_a_part_needs_has_its_wheels():
    assert {module for part in PARTS for module in part.needs} <= set(WHEELS)
