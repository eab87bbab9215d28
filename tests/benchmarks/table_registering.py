"""Memory of a table of 10 million rows, and of one of 5,000 columns, while they are registered.

    nice -n 10 python -m tests.benchmarks.table_registering [--rows 10000000] [--format parquet] [--folder PLACE]
    nice -n 10 python -m tests.benchmarks.table_registering --parts         what takes most of it, one by one: minutes

20 columns: the label, 9 numbers, 3 categories, one of 50,000 cities, 2 dates, 2 of yes/no, an identifier, one that
hardly varies. What counts is the highest resident memory (VmHWM) above that after the imports, each in a process of its
own. What was stored is read back and held against what was written.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from .text_streaming import apart, resident, say

BLOCK = 500_000
WIDE = 5_000
LISTED = {"region": ["north", "south", "east", "west"], "plan": ["basic", "plus", "family"], "device": list("abcdefgh")}


def block(rows: int, seed: int) -> pa.Table:
    """Rows that depend on `seed` alone."""
    rng = np.random.default_rng(seed)
    numbers = {f"x{i}": rng.normal(i, 1 + i, rows).round(4) for i in range(7)}
    age, income = rng.integers(18, 90, rows), rng.gamma(4, 9000, rows).round(2)
    risk = 1 / (1 + np.exp(-(numbers["x0"] + (age - 50) / 20)))
    days = rng.integers(0, 4000, rows)
    return pa.table(
        {
            "id": np.arange(seed * BLOCK, seed * BLOCK + rows),
            "age": age,
            "income": np.where(rng.random(rows) < 0.05, np.nan, income),
            **numbers,
            **{name: np.array(values)[rng.integers(0, len(values), rows)] for name, values in LISTED.items()},
            "city": np.char.add("city ", np.minimum(rng.zipf(1.3, rows), 50_000).astype(str)),
            "opened": (np.datetime64("2012-01-01") + days).astype("datetime64[D]"),
            "seen": np.datetime64("2020-01-01T00:00:00") + rng.integers(0, 10**8, rows).astype("timedelta64[s]"),
            "mobile": rng.random(rows) < 0.7,
            "flag": rng.integers(0, 2, rows),
            "version": np.where(np.arange(rows) == 0, 2, 1),
            "default": np.where(rng.random(rows) < risk, "yes", "no"),
        }
    )


def write(path: Path, rows: int) -> None:
    first = block(1, 0).schema
    sizes = [min(BLOCK, rows - start) for start in range(0, rows, BLOCK)]
    kind = csv.CSVWriter if path.suffix == ".csv" else pq.ParquetWriter
    with kind(path, first) as out:
        for seed, size in enumerate(sizes):
            out.write_table(block(size, seed).cast(first))


def write_wide(path: Path, rows: int = 2_000) -> None:
    rng = np.random.default_rng(0)
    columns = {f"gene {i}": rng.normal(size=rows).astype(np.float32) for i in range(WIDE - 1)}
    pq.write_table(pa.table({**columns, "label": np.where(columns["gene 0"] > 0, "ill", "well")}), path)


def register(path: Path, label: str, answers) -> None:
    import backend.data.readers
    import backend.modality.table.register  # noqa: F401 (what is imported counts to the start)
    from backend.data.register import register as register_data
    from backend.workspace.artefacts import Artefacts

    phases: dict[str, float] = {}

    def progress(done: int, total: int, unit: str) -> None:
        phases[unit] = resident("VmHWM")

    before, began = resident("VmRSS"), time.perf_counter()
    spec = {"name": "large", "kind": "table", "path": str(path), "label": label}
    manifest, _ = register_data(spec, Artefacts(path.parent / "artefacts"), progress)
    answers.put((manifest, time.perf_counter() - began, before, resident("VmHWM"), phases))


def typed(what: str, rows: int, answers) -> None:
    """One column alone: its type and its features."""
    from backend.modality.table import coding, kinds, types

    rng = np.random.default_rng(0)
    made = {
        "numbers": lambda start, size: pa.array(rng.normal(size=size)),
        "numbers as text": lambda start, size: pa.array([f"{v:.4f}" for v in rng.normal(size=size)]),
        "identifiers": lambda start, size: pa.array([f"c{v}" for v in range(start, start + size)]),
    }[what]
    column = pa.chunked_array([made(start, min(65_536, rows - start)) for start in range(0, rows, 65_536)])
    before, began = resident("VmRSS"), time.perf_counter()
    known = kinds.Known("t", rows, words_only=True)
    found = types.column(pa.field("x", column.type), column, known)
    if found.type in kinds.FEATURES:
        coding.described(found, kinds.typed(kinds.present(column, known), found), rng.random(rows) < 0.7)
    answers.put((time.perf_counter() - began, before, resident("VmHWM")))


def dealt(rows: int, answers) -> None:
    """Splits and duplicates of rows that all differ."""
    from backend.data import duplicates, split

    rng = np.random.default_rng(0)
    before, began = resident("VmRSS"), time.perf_counter()
    codes, digests = rng.integers(0, 2, rows), rng.integers(0, 2**63, rows).astype(np.uint64)
    parts, _ = split.complete(None, codes, [digests], 0)
    duplicates.exact(digests, parts)
    duplicates.conflicts(digests, codes)
    answers.put((time.perf_counter() - began, before, resident("VmHWM")))


def measure_parts(rows: int) -> None:
    print("| part | seconds | above the start, MB |\n|---|---|---|")
    for what in ("numbers", "numbers as text", "identifiers"):
        seconds, before, peak = apart(typed, what, rows)
        print(f"| a column of {rows:,} {what} | {seconds:.0f} | {peak - before:.0f} |", flush=True)
    seconds, before, peak = apart(dealt, rows)
    print(f"| splits and duplicates of {rows:,} rows | {seconds:.0f} | {peak - before:.0f} |", flush=True)


def check(folder: Path, manifest: dict) -> None:
    """The first and the last block, read back."""
    from backend.modality.table.features import shown
    from backend.workspace.artefacts import Artefacts

    artefacts = Artefacts(folder / "artefacts")
    described = artefacts.json(manifest["features"]["sha256"])["features"]
    last = (manifest["count"] - 1) // BLOCK
    for seed in {0, last}:
        wrote = block(min(BLOCK, manifest["count"] - seed * BLOCK), seed)
        rows = [seed * BLOCK + at for at in (0, len(wrote) - 1)]
        found = artefacts.rows(manifest["records"]["sha256"], "records", rows)
        for row, place in zip(found, (0, len(wrote) - 1), strict=True):
            told = {one["name"]: shown(float(value), one) for value, one in zip(row, described, strict=True)}
            true = {name: wrote.column(name)[place].as_py() for name in wrote.column_names}
            assert float(told["age"]) == true["age"], (told, true)
            assert told["region"] == true["region"], (told, true)
            assert told["city"] in (true["city"], "(other)"), (told, true)
            assert told["opened"] == true["opened"].isoformat(), (told, true)
            assert told["mobile"] == str(true["mobile"]), (told, true)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--parts", action="store_true")
    asked = parser.parse_args()
    if asked.parts:
        measure_parts(asked.rows)
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        folder = Path(place)
        path = folder / f"large.{asked.format}"
        write(path, asked.rows)
        print(f"{asked.rows:,} rows x 20 columns, {path.stat().st_size / 2**30:.2f} GiB of {asked.format}\n")
        print("| part | seconds | MB/s | at the start, MB | highest, MB | above the start, MB |")
        print("|---|---|---|---|---|---|")
        manifest, seconds, before, peak, phases = apart(register, path, "default")
        print({unit: round(mb - before) for unit, mb in phases.items()})
        say("registered", path.stat().st_size, seconds, before, peak)
        check(folder, manifest)
        path.unlink()
        wide = folder / "wide.parquet"
        write_wide(wide)
        manifest, seconds, before, peak, phases = apart(register, wide, "label")
        say(f"registered, {WIDE:,} columns x {manifest['count']:,} rows", wide.stat().st_size, seconds, before, peak)


if __name__ == "__main__":
    main()
