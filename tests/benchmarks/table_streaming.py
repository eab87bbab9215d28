"""A table of ten million rows: memory of pretraining it, and rows a second of the training loop against a bare one.

    nice -n 10 python -m tests.benchmarks.table_streaming [--rows 10000000] [--steps 500] [--folder PLACE]

The table has 20 columns that follow three hidden numbers: twelve numbers, some with gaps, and eight categories. It is
written as registering would store it; that part is measured by table_registering. Each part runs in a process of its
own; what counts is its highest resident memory (VmHWM) above that after the imports.

The bare loop is what one would write by hand for the same network, task and batches: rows from memory, loss, gradient,
step. The two alternate, and the ratio is of the median seconds of processor time: other work on the machine then
disturbs it little.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa

from tests.benchmarks.text_streaming import LIMIT, apart, resident

DRAWN = 500_000  # rows at a time
NUMBERS, COLUMNS = 12, 20
BATCH, ROUNDS = 4096, 5
LOOPS = {256: 150, 1024: 50, 4096: 15}  # rows a batch: steps of a round
LEAST = 0.9  # of the bare loop's rows a second


def make(folder: Path, rows: int, answers) -> None:
    """Store the table as registering stores it."""
    from backend.workspace.artefacts import Artefacts

    rng, store = np.random.default_rng(0), Artefacts(folder / "artefacts")
    loads, sizes = rng.normal(size=(3, COLUMNS)).astype(np.float32), [3, 4, 6, 8, 12, 20, 40, 100]
    values = np.empty((rows, COLUMNS), np.float32)
    for part in (values[begin : begin + DRAWN] for begin in range(0, rows, DRAWN)):
        part[:] = rng.standard_normal((len(part), 3), np.float32) @ loads + rng.standard_normal(part.shape, np.float32)
        part[:, NUMBERS:] = np.clip((part[:, NUMBERS:] + 4) / 8 * sizes, 0, np.array(sizes) - 1).astype(int) + 1
        part[:, :NUMBERS:4][rng.random((len(part), 3)) < 0.05] = np.nan
    described = []
    for i in range(NUMBERS):
        edges = np.nanquantile(values[:10_000, i], np.linspace(0, 1, 65)).tolist()
        described.append({"name": f"number {i}", "column": f"number {i}", "kind": "number", "mean": 0.0, "std": 1.0,
                          "edges": edges, "missing": 0, "date": False, "whole": False})  # fmt: skip
    for i, size in enumerate(sizes):
        names = [f"level {k}" for k in range(size)]
        described.append(
            {"name": f"level {i}", "column": f"level {i}", "kind": "category", "values": names, "missing": 0}
        )
    part = np.where(np.arange(rows) % 20 < 14, 0, np.where(np.arange(rows) % 20 < 17, 1, 2)).astype(np.int8)
    table = {
        "row": np.arange(rows),
        "split": pa.DictionaryArray.from_arrays(part, ["train", "val", "test"]).cast(pa.string()),
        "label": (values[:, 1] > 1).astype(np.int64),
    }
    found = {
        "table": store.put_table("table", pa.table(table)),
        "features": store.put_json("features", {"features": described}),
        "records": store.put_arrays("records", {"records": values}),
    }
    kept = {name: {"sha256": one.sha256} for name, one in found.items()}
    kept["records"]["key"] = "records"
    answers.put({"name": "large", "kind": "table", "digest": "0" * 64, **kept, "count": rows, "label": "bought",
                 "classes": ["no", "yes"], "positive": "yes", "sensitive": [], "group": None})  # fmt: skip


def job_of(folder: Path, manifest: dict, **train):
    import torch

    from backend.data.dataset import Dataset
    from backend.engine.job import Job
    from backend.modality import modality
    from backend.recipe import Recipe
    from backend.workspace.artefacts import Artefacts
    from backend.workspace.events import EventLog
    from backend.workspace.layout import Workspace

    torch.set_num_threads(1)
    run = Workspace.open(folder / "ws").run(f"run-{time.time_ns()}")
    run.checkpoints.mkdir(parents=True)
    store = Artefacts(folder / "artefacts")
    told = {"data": {"name": "large"}, "stages": ["pretrain"], "finetune": {"pretrain_seeds": 1}}
    told |= {"collapse": modality("table").recipe["collapse"]}
    told |= {"pretext": {"name": "masked_features"}, "encoder": {"name": "mlp"}, "augment": {"name": "none"}}
    recipe = Recipe.model_validate({**told, "train": {"epochs": 1, **train}})
    return Job(run, recipe, Dataset(manifest, store), "cpu", EventLog(run.events), store)


def pretrain(folder: Path, manifest: dict, steps: int, answers) -> None:
    from backend.stages import pretrain as stage
    from backend.stages.modality.table import data  # noqa: F401 (what the stage imports when it begins)

    job = job_of(folder, manifest, max_steps=steps, batch_size=BATCH)
    before, began = resident("VmRSS"), time.perf_counter()
    stage.run(job)
    answers.put((time.perf_counter() - began, before, resident("VmHWM")))


def loops(folder: Path, manifest: dict, answers) -> None:
    """{rows a batch: [(seconds of ours, of the bare loop)]} of processor time."""
    from backend.engine.pretrain import Pretraining
    from backend.stages.modality import data_module

    found = {}
    for batch, steps in LOOPS.items():
        job = job_of(folder, manifest, max_steps=steps, batch_size=batch, knn_every=0)
        data, rows = data_module(job), job.dataset.rows("train")[: 10 * batch * steps]
        rounds = []
        for seed in range(ROUNDS):
            encoder = data.untrained(seed)
            task = data.pretext(encoder)
            loop = Pretraining(
                encoder,
                task,
                data.feed(rows, task, seed),
                job.recipe.train,
                job.recipe.collapse,
                seed,
                job.torch_device,
            )
            began = time.process_time()
            loop.run()
            ours = time.process_time() - began
            rounds.append((ours, bare(data, rows, seed, batch, steps)))
        found[batch] = rounds
    answers.put(found)


def bare(data, rows: np.ndarray, seed: int, batch: int, steps: int) -> float:
    """Seconds of processor time of the loop that one would write by hand."""
    import torch

    from backend.pretext._base import Batch

    encoder = data.untrained(seed)
    task = data.pretext(encoder)
    task.prepare(encoder)
    values = data.inputs.values[torch.as_tensor(rows)]
    weights = [*encoder.parameters(), *task.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=1e-3, weight_decay=1e-5, fused=True)
    draw = torch.Generator().manual_seed(seed)
    began = time.process_time()
    order = torch.randperm(len(values), generator=draw)
    for step in range(steps):
        records = values[order[step * batch : (step + 1) * batch]]
        loss = task(encoder, Batch({"only": records}, None, draw)).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        folder = Path(place)
        manifest = apart(make, folder, asked.rows)
        size = sum(file.stat().st_size for file in (folder / "artefacts").rglob("*.safetensors"))
        print(f"{asked.rows:,} rows, {size / 2**20:,.0f} MB of records\n")
        print("| part | seconds | at the start, MB | highest, MB | above the start, MB |\n|---|---|---|---|---|")
        part = f"pretrained, {asked.steps} steps of {BATCH:,} rows"
        said = [say(part, *apart(pretrain, folder, manifest, asked.steps))]
        print("\n| rows a batch | ours, rows/s | bare loop, rows/s | ratio | rounds |\n|---|---|---|---|---|")
        for batch, rounds in apart(loops, folder, manifest).items():
            ratios = [bare / ours for ours, bare in rounds]
            seconds = [median(side) / (batch * LOOPS[batch]) for side in zip(*rounds, strict=True)]
            told = f"{1 / seconds[0]:,.0f} | {1 / seconds[1]:,.0f} | {median(ratios):.2f}"
            print(f"| {batch:,} | {told} | {', '.join(f'{ratio:.2f}' for ratio in ratios)} |", flush=True)
            said += [f"{batch} rows a batch: expected at least {LEAST} of the bare loop"] * (median(ratios) < LEAST)
        if missed := [line for line in said if line]:
            raise SystemExit("\n".join(missed))


def say(part: str, seconds: float, before: float, peak: float) -> str:
    print(f"| {part} | {seconds:.0f} | {before:.0f} | {peak:.0f} | {peak - before:.0f} |", flush=True)
    over = peak - before > LIMIT
    return f"{part}: expected at most {LIMIT} MB above the start, found {peak - before:.0f}" if over else ""


if __name__ == "__main__":
    main()
