"""What every pretext task for sensor series reaches in a minute of CPU, and networks of ours with all labels.

    WORKBENCH_REAL_DATA=FOLDER OMP_NUM_THREADS=1 nice -n 10 python -m tests.benchmarks.series_methods [TASK ..]
    WORKBENCH_REAL_DATA=FOLDER OMP_NUM_THREADS=1 nice -n 10 python -m tests.benchmarks.series_methods --networks

Tasks: C-MAPSS FD001, remaining life, capped at 125, in windows of 30 cycles of the 70 training engines of train_FD001,
each followed up to a drawn age. A ridge regression on the frozen features is fitted on all engines, and on 14 of them,
its penalty chosen by leaving rows of these out, and read on the 30 others; the interval of the difference from the same
encoder untrained resamples engines.

Networks: trained end to end on train_FD001, stopped by the engines of validation, read once on test_FD001: RMSE,
capped, over all windows and at the last cycle of each engine. Their settings are the first that were tried.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import RidgeCV

from backend.data.dataset import Dataset
from backend.data.register import register
from backend.encoders._series import Windows
from backend.engine import targets as learned
from backend.engine.features import encode
from backend.engine.feed import ImageFeed
from backend.engine.supervised import predict, train_classifier
from backend.engine.weights import Classifier, build_encoder
from backend.pretext._base import View
from backend.registry import of_kind, plugin
from backend.stages.modality.series.data import Chosen, windows
from backend.workspace.artefacts import Artefacts

CAP, WINDOW, BATCH, RATE, RESAMPLES = 125, 30, 128, 1e-3, 400
NETWORKS: tuple[tuple[str, dict[str, Any], float, int], ...] = (  # encoder, its settings, learning rate, steps
    ("gru", {"dim": 64}, 3e-3, 600),
    ("tcn", {"width": 32, "dim": 64, "layers": 4}, 2e-3, 400),
)


def registered(folder: Path, path: Path) -> Dataset:
    spec = {
        "name": "life", "kind": "series", "path": str(path), "split_by": "unit_number", "label": "RUL",
        "time_column": "time_in_cycles", "target": "number", "cap": CAP, "window": WINDOW, "unit": "cycles",
    }  # fmt: skip
    artefacts = Artefacts(folder / "artefacts")
    return Dataset(register(spec, artefacts)[0], artefacts)


def pretrained(task: str, every: Windows, rows: np.ndarray, encoder: torch.nn.Module, seconds: float) -> int:
    """Train `encoder` in place for so many seconds of CPU; returns the steps."""
    made: dict[str, Any] = {}

    def policy(view: View) -> Any:
        name = view.augment or "machine_sensors"
        if name not in made:
            kind = plugin("augment", name)
            made[name] = kind.call(kind.params(), every.described) or (lambda values, draw: values)
        return made[name]

    kind = plugin("pretext", task)
    torch.manual_seed(0)
    pretext = kind.call(kind.params(), encoder.dim, every.described)
    pretext.prepare(encoder)
    chosen = Chosen(every, torch.as_tensor(rows), torch.device("cpu"))
    feed = ImageFeed(chosen, torch.zeros(len(rows)), policy(View("recipe")), BATCH, 0, "windows", of=policy)
    weights = [*encoder.parameters(), *pretext.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=RATE, weight_decay=1e-4)
    step, began = 0, time.process_time()
    while (done := (time.process_time() - began) / seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 20) * (1 + math.cos(math.pi * done)) / 2
        outcome = pretext(encoder, feed.at(step, pretext.views))
        optimizer.zero_grad()
        outcome.loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        step += 1
    return step


def rmse(errors: np.ndarray) -> float:
    return float(np.sqrt(np.square(errors).mean()))


def errors(features: np.ndarray, truth: np.ndarray, rows: np.ndarray, asked: np.ndarray) -> np.ndarray:
    mean, spread = features[rows].mean(0), features[rows].std(0) + 1e-6
    model = RidgeCV(np.logspace(0, 5, 11)).fit((features[rows] - mean) / spread, truth[rows])
    return model.predict((features[asked] - mean) / spread) - truth[asked]


def gain(first: np.ndarray, second: np.ndarray, engines: np.ndarray) -> tuple[float, float, float]:
    """How much lower the second's RMSE is, with its 95 % interval over engines."""
    places, draw = [np.flatnonzero(engines == one) for one in np.unique(engines)], np.random.default_rng(0)
    found = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([places[k] for k in draw.integers(0, len(places), len(places))])
        found.append(rmse(first[rows]) - rmse(second[rows]))
    return rmse(first) - rmse(second), *np.quantile(found, (0.025, 0.975))


def tasks(data: Dataset, names: list[str], encoder: str, seconds: float) -> None:
    every, truth, train = windows(data), data.truth, data.rows("train")
    told = data.columns("group", "pretraining")
    engines, seen = told["group"].to_numpy(), told["pretraining"].to_numpy()
    asked = np.concatenate([data.rows("val"), data.rows("test")])
    known = np.unique(engines[train])
    few = train[np.isin(engines[train], np.random.default_rng(7).permutation(known)[: len(known) // 5])]
    spec = {"encoder": {"name": encoder}, "modality": "series", "arguments": [every.described], "classes": []}
    before = encode(build_encoder(spec, 1), every, "cpu")
    bare = {len(rows): errors(before, truth, rows, asked) for rows in (train, few)}
    print(
        f"{encoder}, untrained: {rmse(bare[len(train)]):.2f} of all engines' labels, {rmse(bare[len(few)]):.2f} of a "
        "fifth's\n\n| task | steps | RMSE | below the untrained one by | a fifth's | by |\n|---|---|---|---|---|---|"
    )
    for task in names:
        built = build_encoder(spec, 1)
        steps = pretrained(task, every, train[seen[train]], built, seconds)
        features, cells = encode(built, every, "cpu"), []
        for rows in (train, few):
            own = errors(features, truth, rows, asked)
            value, low, high = gain(bare[len(rows)], own, engines[asked])
            cells += [f"{rmse(own):.2f}", f"{value:.2f} [{low:.2f}, {high:.2f}]"]
        print(f"| {task} | {steps:,} | {' | '.join(cells)} |", flush=True)


def networks(data: Dataset) -> None:
    every, truth = windows(data), data.truth
    train, val, test = (data.rows(split) for split in ("train", "val", "test"))
    last = data.columns("window_last")["window_last"].to_numpy()[test]
    print("| network | steps | validation | test, all windows | test, last cycle |\n|---|---|---|---|---|")
    for name, settings, rate, steps in NETWORKS:
        spec = {"encoder": {"name": name, **settings}, "modality": "series", "arguments": [every.described]}
        learning = learned.of("number").learning(truth[train], 0, "cross_entropy")
        encoder = build_encoder(spec | {"classes": []}, 0)
        model = Classifier(encoder, learning.head(encoder.dim), "number")
        learning.begin(model.head)
        train_classifier(
            model, every[train], truth[train], every[val], truth[val], augmentation=None, steps=steps, lr=rate,
            weight_decay=1e-4, seed=0, batch_size=BATCH, device="cpu", patience=10, learning=learning,
            score=lambda said, true: -rmse(said[:, 0] - true),
        )  # fmt: skip
        learning.end(model.head)
        away = {split: predict(model, every[rows], "cpu")[:, 0] - truth[rows] for split, rows in
                (("val", val), ("test", test))}  # fmt: skip
        cells = [rmse(away["val"]), rmse(away["test"]), rmse(away["test"][last])]
        print(f"| {name} | {steps} | {' | '.join(f'{one:.2f}' for one in cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tasks", nargs="*", default=of_kind("pretext", "series"))
    parser.add_argument("--encoder", default="tcn")
    parser.add_argument("--seconds", type=float, default=100)
    parser.add_argument("--networks", action="store_true")
    told = parser.parse_args()
    root = os.environ.get("WORKBENCH_REAL_DATA") or sys.exit("WORKBENCH_REAL_DATA: expected the folder of real data")
    torch.set_num_threads(1)
    path = Path(root) / "cmapss_fd001"
    with tempfile.TemporaryDirectory() as folder:
        if told.networks:
            networks(registered(Path(folder), path))
        else:
            data = registered(Path(folder), path / "train_FD001.parquet")
            tasks(data, list(told.tasks), told.encoder, told.seconds)


if __name__ == "__main__":
    main()
