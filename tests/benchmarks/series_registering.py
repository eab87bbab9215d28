"""Memory of 100 million readings while they are registered, how soon a window is there, and how fast windows are fed.

    nice -n 10 python -m tests.benchmarks.series_registering [--units 2000] [--folder PLACE]

2,000 units, 20 channels, 2,500 readings each, one table. What counts is the highest resident memory (VmHWM) above that
after the imports, in a process of its own. Then windows of units drawn at random are read as a page reads them, and the
feed of the training loop is held against a loop that slices an array which holds every window. What was stored is held
against what was written.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .text_streaming import apart, resident, say

CHANNELS, LENGTH, WINDOW = 20, 2_500, 32
TOGETHER = 50  # units of a row group
BATCH, STEPS = 256, 60


def block(units: range) -> pa.Table:
    """Readings that depend on the numbers of the units alone."""
    rng = np.random.default_rng(units.start)
    rows = len(units) * LENGTH
    level = rng.normal(0, 3, (len(units), 1, CHANNELS))
    values = level + rng.normal(size=(len(units), LENGTH, CHANNELS)).cumsum(axis=1) * 0.1
    values = values.reshape(rows, CHANNELS).astype(np.float32)
    told = {"unit": np.repeat(np.array(units), LENGTH), "minute": np.tile(np.arange(LENGTH), len(units))}
    return pa.table(told | {f"sensor {place}": values[:, place] for place in range(CHANNELS)})


def write(path: Path, units: int) -> None:
    with pq.ParquetWriter(path, block(range(1)).schema) as out:
        for start in range(0, units, TOGETHER):
            out.write_table(block(range(start, min(start + TOGETHER, units))))


def register(path: Path, answers) -> None:
    import backend.modality.series.register  # noqa: F401 (what is imported counts to the start)
    from backend.data.register import register as register_data
    from backend.workspace.artefacts import Artefacts

    phases: dict[str, float] = {}

    def progress(done: int, total: int, unit: str) -> None:
        phases[unit] = resident("VmHWM")

    before, began = resident("VmRSS"), time.perf_counter()
    spec = {
        "name": "large", "kind": "series", "path": str(path), "split_by": "unit", "time_column": "minute",
        "target": "event", "horizon": 30, "unit": "minutes", "window": WINDOW,
    }  # fmt: skip
    manifest, _ = register_data(spec, Artefacts(path.parent / "artefacts"), progress)
    answers.put((manifest, time.perf_counter() - began, before, resident("VmHWM"), phases))


def look(folder: Path, manifest: dict) -> list[float]:
    """Seconds until a window of a unit is read, each by an object of its own; what was read is checked."""
    from backend.modality.series.stored import Series
    from backend.workspace.artefacts import Artefacts

    found = []
    for row in np.random.default_rng(0).integers(0, manifest["count"], 20):
        began = time.perf_counter()
        series = Series(Artefacts(folder / "artefacts"), manifest)
        values, unit, ages = series.raw([row])[0], int(series.unit(row)), series.ages([row])[0]
        found.append(time.perf_counter() - began)
        start = unit // TOGETHER * TOGETHER
        table = block(range(start, min(start + TOGETHER, manifest["units"])))
        end = (unit - start) * LENGTH + int(ages[-1]) + 1
        wrote = np.stack([table.column(f"sensor {place}").to_numpy()[end - WINDOW : end] for place in range(CHANNELS)])
        assert np.allclose(values, wrote, atol=1e-3), row
    return found


def feed(folder: Path, manifest: dict, answers) -> None:
    """(windows a second of the feed, of a loop over windows that lie in memory), alternating."""
    import torch

    from backend.data.dataset import Dataset
    from backend.engine.feed import ImageFeed
    from backend.pretext._base import View
    from backend.stages.modality.series.data import Chosen, windows
    from backend.workspace.artefacts import Artefacts

    torch.set_num_threads(1)
    every = windows(Dataset(manifest, Artefacts(folder / "artefacts")))
    rows = torch.arange(min(len(every), 20_000))
    chosen, whole = Chosen(every, rows, torch.device("cpu")), every[rows].input
    network = torch.nn.Sequential(torch.nn.Conv1d(CHANNELS, 64, 5), torch.nn.ReLU(), torch.nn.Conv1d(64, 64, 5))
    fed = ImageFeed(chosen, torch.zeros(len(rows)), lambda values, draw: values, BATCH, 0, "windows")
    spent = {"feed": 0.0, "loop": 0.0}
    for step in range(STEPS):
        for name in spent:
            began = time.process_time()
            if name == "feed":
                batch = fed.at(step, (View("only"),)).only
            else:
                batch = whole[torch.randint(len(whole), (BATCH,))]
            network(batch).square().mean().backward()
            spent[name] += time.process_time() - began
    answers.put({name: BATCH * STEPS / seconds for name, seconds in spent.items()})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=2_000)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        folder = Path(place)
        path = folder / "large.parquet"
        write(path, asked.units)
        readings = asked.units * LENGTH * CHANNELS
        print(f"{readings:,} readings of {asked.units:,} units, {path.stat().st_size / 2**30:.2f} GiB of Parquet\n")
        print("| part | seconds | MB/s | at the start, MB | highest, MB | above the start, MB |")
        print("|---|---|---|---|---|---|")
        manifest, seconds, before, peak, phases = apart(register, path)
        say("registered", path.stat().st_size, seconds, before, peak)
        print("\nhighest by then, MB:", {unit: round(mb - before) for unit, mb in phases.items()})
        found = look(folder, manifest)
        print(f"a window of any unit: {np.median(found) * 1000:.0f} ms, at most {max(found) * 1000:.0f} ms")
        rates = apart(feed, folder, manifest)
        share = rates["feed"] / rates["loop"]
        print(f"windows a second of CPU: {rates['feed']:,.0f} of the feed, {rates['loop']:,.0f} of a loop over windows "
              f"in memory: {share:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
