"""What minutes of pretraining buy on photographs: kNN-200 on CIFAR-10, beside former settings and lightly's step.

    python -m tests.benchmarks.image_minutes --folder FOLDER [--minutes 2 10] [--seeds 0 1 2] [--sides now before]

Minutes are of two cores: a side trains for twice as many minutes of processor time on one thread, of which the first
steps are timed to know how many there are, so that what else runs on the machine takes little from either side. Sides:
`now`, what the form of a new run suggests for these images; `before`, what it suggested until November 2026 (a ConvNet
of three layers in fp32 at full size, AdamW, temperature 0.2); `lightly`, lightly's SimCLR transform and NT-Xent with
its settings for CIFAR-10 (SGD, batch 512, its loss's own temperature) and the former encoder: its ResNet-18 would not
see all images once in such minutes. Each seed trains anew on the 30,000 training images; the labels of all of them vote
on the 6,000 test images (k = 200, temperature 0.07). Nothing was chosen on the test images: settings were looked for on
3,000 training images that were held out.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from backend.encoders._examples import Pixels
from backend.engine.features import encode
from backend.engine.feed import ImageFeed
from backend.engine.neighbours import knn_accuracy
from backend.engine.pretrain import Pretraining
from backend.engine.weights import build_encoder
from backend.modality.image import MODALITY
from backend.recipe import Choice, Collapse, Train
from backend.registry import catalogue, plugin
from backend.stages.modality.image.data import policy_of
from backend.statistics import repeats
from tests.benchmarks.throughput.__main__ import decode, run
from tests.conftest import REAL_DATA

CPU = torch.device("cpu")
SHAPE = (3, 32, 32)
MEAN, STD = [0.491, 0.482, 0.447], [0.247, 0.243, 0.262]
K = 200
WARM, TIMED = 3, 15  # steps before the clock runs, and steps that it times
BEFORE = {
    "augment": {"name": "photo"},
    "pretext": {"name": "simclr", "temperature": 0.2},
    "encoder": {"name": "convnet", "width": 32},
    "train": {"precision": "fp32"},
}
SIDES = ("now", "before", "lightly")


def suggested() -> dict[str, Any]:
    shape = dict(zip(("channels", "height", "width"), SHAPE, strict=True))
    told = MODALITY.suggest({**shape, "count": 36_000}, catalogue())
    return {**told, "train": {**told["train"], "minutes": 0}}


def made(folder: str, choice: dict[str, Any], *arguments: Any) -> Any:
    entry = plugin(folder, choice["name"])
    return entry.call(entry.params(**{k: v for k, v in choice.items() if k != "name"}), *arguments)


def loop(settings: dict[str, Any], images: torch.Tensor, seed: int, steps: int, **train: Any) -> Pretraining:
    spec = {"encoder": settings["encoder"], "shape": list(SHAPE), "classes": [], "mean": MEAN, "std": STD}
    encoder = build_encoder(spec, seed)
    torch.manual_seed(seed)
    pretext = made("pretext", settings["pretext"], encoder.dim, 10)
    own = Choice(**settings["augment"])
    feed = ImageFeed(
        images,
        torch.full((len(images),), -1),
        made("augment", settings["augment"], SHAPE[1], SHAPE[0]),
        256,
        seed,
        of=lambda view: policy_of(view, own, SHAPE),
    )
    asked = {"batch_size": 256, "knn_every": 0, **settings.get("train", {}), **train}
    asked |= {"epochs": math.ceil(steps / feed.per_epoch), "max_steps": steps}
    return Pretraining(encoder, pretext, feed, Train(**asked), Collapse(), seed, CPU)


def a_step(settings: dict[str, Any], images: torch.Tensor, **train: Any) -> float:
    """Seconds of processor time that a step takes once it is warm."""
    spent = []
    for steps in (WARM, WARM + TIMED):
        began = time.process_time()
        loop(settings, images, 0, steps, **train).run()
        spent.append(time.process_time() - began)
    return (spent[1] - spent[0]) / TIMED


def ours(side: str, seconds: float, seed: int, images: torch.Tensor) -> tuple[torch.nn.Module, dict[str, float]]:
    """The encoder that so many seconds of processor time buy."""
    settings = suggested() if side == "now" else BEFORE
    began, share = time.process_time(), settings["train"].get("small_first", 0.0)
    step = share * a_step(settings, images, small_first=0.95) if share else 0.0
    step += (1 - share) * a_step(settings, images, small_first=0.0)
    steps = int((seconds - (time.process_time() - began)) / step)
    training = loop(settings, images, seed, steps)
    summary = training.run()
    return training.encoder, {
        "steps": steps,
        "epochs": steps / training.feed.per_epoch,
        "precision": summary["precision"],
    }


def cell(side: str, minutes: float, seed: int, data: Path, peer: str) -> dict[str, Any]:
    """What a side reaches with a seed: {"knn": percent, "cpu": seconds of processor time, ...}"""
    with np.load(data) as found:
        images, labels, test, truth = (found[k] for k in ("images", "labels", "test_images", "test_labels"))
    seconds, began = 120 * minutes, time.process_time()
    if side == "lightly":
        features = data.with_name(f"lightly-{minutes:g}-{seed}.npz")
        words = ("--data", str(data), "--encoder", "convnet", "--batch", "512", "--advice", "--seed", str(seed))
        told = run(peer, "lightly_peer", *words, "--cpu-seconds", str(seconds), "--features", str(features), threads=1)
        with np.load(features) as found:
            bank, asked = found["images"], found["test_images"]
        spent = told.pop("cpu")
    else:
        encoder, told = ours(side, seconds, seed, torch.from_numpy(images))
        spent = time.process_time() - began
        bank, asked = (encode(encoder, Pixels(torch.from_numpy(part)), CPU) for part in (images, test))
    _, accuracy = knn_accuracy(bank, labels, asked, truth, K)
    return {"side": side, "minutes": minutes, "seed": seed, "knn": 100 * accuracy, "cpu": spent, **told}


def table(cells: list[dict[str, Any]]) -> list[str]:
    """Markdown: each side at each number of minutes, and how far `now` is ahead, paired over the seeds."""
    lines = ["| minutes of two cores | " + " | ".join(SIDES) + " | now - before | now - lightly |", "|---" * 6 + "|"]
    for minutes in sorted({one["minutes"] for one in cells}):
        of = {s: {c["seed"]: c["knn"] for c in cells if (c["side"], c["minutes"]) == (s, minutes)} for s in SIDES}
        row = [", ".join(f"{value:.1f}" for value in of[side].values()) or "not run" for side in SIDES]
        for rival in SIDES[1:]:
            told = repeats.difference(of["now"], of[rival])
            interval = "" if told["low"] is None else f" [{told['low']:+.1f}, {told['high']:+.1f}]"
            row.append("not run" if told["value"] is None else f"{told['value']:+.1f}{interval}")
        lines.append(f"| {minutes:g} | " + " | ".join(row) + " |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 10])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--peer", default=".venv-peers/bin/python", help="the interpreter that has lightly")
    parser.add_argument("--folder", type=Path, required=True, help="keeps what is done, so that a run can go on")
    parser.add_argument("--cell", nargs=3, metavar=("SIDE", "MINUTES", "SEED"), help="one cell, as JSON")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    data, done = options.folder / "cifar10.npz", options.folder / "cells.jsonl"
    if options.cell:
        torch.set_num_threads(1)
        side, minutes, seed = options.cell
        print(json.dumps(cell(side, float(minutes), int(seed), data, options.peer)))
        return
    if not data.exists():
        parts = [decode(REAL_DATA / "cifar10" / f"cifar10_{split}.parquet", 10**6) for split in ("train", "test")]
        names = ("images", "labels", "test_images", "test_labels")
        np.savez(data, **dict(zip(names, [array for part in parts for array in part], strict=True)))
    cells = [json.loads(line) for line in done.read_text().splitlines()] if done.exists() else []
    for minutes in options.minutes:
        for seed in options.seeds:
            for side in options.sides:
                if any((c["side"], c["minutes"], c["seed"]) == (side, minutes, seed) for c in cells):
                    continue
                words = [
                    "--folder",
                    str(options.folder),
                    "--peer",
                    options.peer,
                    "--cell",
                    side,
                    str(minutes),
                    str(seed),
                ]
                command = [sys.executable, "-m", "tests.benchmarks.image_minutes", *words]
                said = subprocess.run(command, capture_output=True, text=True, check=False)
                if said.returncode:
                    sys.exit(f"{side}, {minutes:g} minutes, seed {seed} failed:\n{said.stderr[-3000:]}")
                cells.append(json.loads(said.stdout.splitlines()[-1]))
                with done.open("a") as file:
                    file.write(json.dumps(cells[-1]) + "\n")
                print(json.dumps(cells[-1]), flush=True)
    print("\n".join(table(cells)))


if __name__ == "__main__":
    main()
