"""All that a CUDA device should show, in at most eight minutes, for a machine that is lent for minutes and is bare.

    python -m tests.benchmarks.gpu --pack          where the data lie: writes data.npz, about 15 MB, beside this file
    python -m tests.benchmarks.gpu                 on the device: prints as it goes and writes gpu.md beside this folder
    python -m tests.benchmarks.gpu --dry-run       on a CPU, tiny and invented, in seconds: shows that it works, no more
    python -m tests.benchmarks.gpu --only speed    one part or some

Each part runs in a process of its own and has its own limit: what fails or takes too long is one line in the table,
and the next part goes on. Every row is kept as soon as it is there; whoever ends the run has what came before.

Beside Python 3.12, torch 2.11 with CUDA, numpy, pandas, safetensors and transformers with its tokenizers, which the
machine is expected to have, the parts import the modules that `parts.py` names for each. To carry where they are not
there, as manylinux x86-64 wheels of cp312 (MB; those without a number are small), and put on PYTHONPATH by
`pip install --no-index --no-deps --target`:

    all parts     pydantic 0.5, pydantic-core 2.3, annotated-types, typing-inspection, typing-extensions
    images        pillow 7.1
    maps          torchdr 0.2, scikit-learn 9.2, scipy 35.2, joblib 0.3, cloudpickle, threadpoolctl, narwhals 0.5;
                  matplotlib 9.9, contourpy 0.4, fonttools 5.4, kiwisolver 1.5, cycler, pyparsing 0.1, which torchdr
                  imports without saying so
    tests         pytest 0.4, pluggy, iniconfig, pygments 1.3, packaging 0.1; the one of maps needs what maps need

That is 12 MB without maps. With them, the data and this repository it is more than the 64 MB that some machines take:
there maps are measured where the machine itself has scipy, scikit-learn and matplotlib. What is missing is said before
the parts begin, a line each.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from .packed import pack
from .parts import PARTS, WHEELS, Part
from .settings import Settings, tiny

HERE = Path(__file__).parent
LEAST = 10  # seconds that must be left for a part to begin


def main(words: Sequence[str] | None = None) -> int:
    options = _options(words)
    if options.pack:
        try:
            pack(options.real_data, options.data)
        except FileNotFoundError as error:
            sys.exit(f"--real-data {options.real_data}: expected CIFAR-10 and BoolQ as Parquet, found none: {error}")
        print(f"{options.data}: {options.data.stat().st_size / 2**20:.1f} MiB")
        return 0
    chosen = [part for part in PARTS if part.name in options.only]
    if not options.dry_run and not options.data.exists():
        sys.exit(f"{options.data}: expected the packed data, found no such file; make it with --pack")
    for part in chosen:
        if line := missing(part):
            print(line, flush=True)
    if options.dry_run and importlib.util.find_spec("PIL") is None:
        sys.exit("--dry-run: draws its pictures with PIL, found none; carry the wheel pillow")
    with suppress(ModuleNotFoundError):
        import backend.engine.pretrain  # noqa: F401  once: the processes of the parts are forked from this one
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory() as scratch:
        settings = tiny(Path(scratch)) if options.dry_run else Settings(options.data, Path(scratch))
        table = Table(options.out, options.dry_run, chosen)
        return run(chosen, settings, table, options.minutes)


def run(parts: Sequence[Part], settings: Settings, table: Table, minutes: float) -> int:
    """Every part in its turn; 1 where a part is not whole, 2 where there is no device."""
    end, whole = time.monotonic() + 60 * minutes, True
    for part in parts:
        left = end - time.monotonic()
        if line := missing(part):
            table.tell(part, line)
        elif left < LEAST:
            table.tell(part, f"{part.name}: left out, no time was left of {minutes:g} minutes")
        else:
            table.tell(part, alone(part, settings, table, min(part.most, left)))
        whole &= not table.said[part.name]
        if part.name == "machine" and table.said[part.name]:
            return 2
    return 0 if whole else 1


def alone(part: Part, settings: Settings, table: Table, seconds: float) -> str:
    """Run one part in a process of its own, at most so long; "" or one line that says why it is not whole."""
    print(f"\n## {part.title}\n\n| {' | '.join(part.columns)} |", flush=True)
    rows, began = settings.scratch / f"{part.name}.jsonl", time.monotonic()
    rows.touch()
    process = multiprocessing.get_context("fork").Process(target=_part, args=(part, settings, rows))
    process.start()
    try:
        while process.is_alive() and time.monotonic() - began < seconds:
            process.join(0.2)
            table.fill(part, rows)
        late = process.is_alive()
    finally:
        _end(process)
    table.fill(part, rows)
    why = rows.with_suffix(".failed")
    if late:
        return f"{part.name}: ended after {seconds:.0f} s, its limit"
    if why.exists():
        return f"{part.name}: {why.read_text()}"
    return f"{part.name}: its process ended with {process.exitcode}" if process.exitcode else ""


def _end(process: multiprocessing.Process) -> None:
    """End it with what it started."""
    if process.is_alive():
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:  # it has not come as far as its own group
            process.kill()
    process.join()


def _part(part: Part, settings: Settings, rows: Path) -> None:
    os.setpgrp()  # and not a session of its own, which would outlive the run
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with rows.open("a") as out:
            for row in part.call(settings):
                print(f"| {' | '.join(row)} |", flush=True)
                out.write(json.dumps(row) + "\n")
                out.flush()
    except Exception as error:
        told = " ".join(str(error).split())[:300]
        rows.with_suffix(".failed").write_text(f"{type(error).__name__}: {told}")
        sys.exit(1)


def missing(part: Part) -> str:
    """One line with the wheels to carry where a module that the part needs is not there, else ""."""
    absent = [module for module in part.needs if importlib.util.find_spec(module) is None]
    wheels = "; ".join(WHEELS[module] for module in absent)
    return f"{part.name}: needs {', '.join(absent)}, found none; carry the wheels {wheels}" if absent else ""


class Table:
    """The Markdown file, written anew whenever there is more to say; said: {part: why it is not whole, or ""}."""

    def __init__(self, file: Path, dry: bool, parts: Sequence[Part]):
        self.file, self.dry, self.parts = file, dry, parts
        self.rows: dict[str, list[list[str]]] = {}
        self.said: dict[str, str] = {}
        self._began = time.monotonic()

    def fill(self, part: Part, rows: Path) -> None:
        found = [json.loads(line) for line in rows.read_text().splitlines(keepends=True) if line.endswith("\n")]
        if found != self.rows.get(part.name):
            self.rows[part.name] = found
            self._write()

    def tell(self, part: Part, line: str) -> None:
        self.said[part.name] = line
        if line:
            print(line, flush=True)
        self._write()

    def _write(self) -> None:
        lines = ["# What a CUDA device shows", ""]
        if self.dry:
            lines += ["A dry run on a CPU with invented data: its figures say nothing.", ""]
        took = f"{datetime.now(UTC):%Y-%m-%d}, {time.monotonic() - self._began:.0f} s in all"
        lines += [f"Written by `python -m tests.benchmarks.gpu`; {took}.", ""]
        for part in self.parts:
            lines += [f"## {part.title}", ""] + ([part.note, ""] if part.note else [])
            if rows := self.rows.get(part.name):
                lines += [f"| {' | '.join(row)} |" for row in (part.columns, ["---"] * len(part.columns), *rows)] + [""]
            if line := self.said.get(part.name, "Not begun, or not ended."):
                lines += [line, ""]
        fresh = self.file.with_name(self.file.name + ".part")
        fresh.write_text("\n".join(lines).rstrip() + "\n")
        fresh.replace(self.file)


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gpu", description=__doc__.split("\n")[0])
    names = [part.name for part in PARTS]
    real = Path(os.environ.get("WORKBENCH_REAL_DATA", HERE.parents[3] / "shared" / "data"))
    parser.add_argument("--pack", action="store_true", help="write the data file and end")
    parser.add_argument("--dry-run", action="store_true", help="tiny, invented, on the CPU")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="PART", help=", ".join(names))
    parser.add_argument("--minutes", type=float, default=8, help="after which nothing is at work any more")
    parser.add_argument("--data", type=Path, default=HERE / "data.npz")
    parser.add_argument("--real-data", type=Path, default=real, help="for --pack")
    parser.add_argument("--out", type=Path, help="the table; gpu.md beside this folder, of a dry run gpu-dry.md")
    options = parser.parse_args(words)
    if options.out is None:
        options.out = HERE.parent / ("gpu-dry.md" if options.dry_run else "gpu.md")
    if options.only != names and "machine" not in options.only:
        options.only = ["machine", *options.only]
    return options


if __name__ == "__main__":
    sys.exit(main())
