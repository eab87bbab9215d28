"""Every pretext task for images at equal CPU minutes: three readouts and images/s, beside the untrained encoder.

    python -m tests.benchmarks.image_methods [byol ..] [--minutes 3] [--seeds 1] [--data cifar10]
    python -m tests.benchmarks.image_methods byol --set momentum=0.996 --validation      while defaults are looked for

On one thread. A method trains the form's encoder (the ViT where it reads patches), with the form's augmentation and
training, for so many minutes of processor time, of which the first steps are timed to know how many there are.
Readouts: kNN, linear probe and LP-FT of the house (backend/finetune/), all on the same `LABELS` labelled images of the
training split; settings chosen on `HELD` validation images, accuracy on the test images. A method that is not `BY`
points above its untrained encoder's linear probe on Fashion-MNIST in three minutes says so in its file (EXPERIMENTAL).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from typing import Any

import numpy as np
import torch

from backend.encoders._examples import Pixels
from backend.engine.features import encode
from backend.engine.feed import ImageFeed
from backend.engine.pretrain import Pretraining
from backend.engine.supervised import recalibrate
from backend.engine.weights import build_encoder
from backend.finetune._task import Cell, Task
from backend.modality.image import MODALITY
from backend.recipe import Choice, Collapse, Train
from backend.registry import catalogue, plugin
from backend.stages.modality.image.data import policy_of
from tests.benchmarks.throughput.__main__ import decode
from tests.conftest import REAL_DATA

CPU = torch.device("cpu")
LABELS, HELD, BY = 1000, 2000, 10.0
WARM, TIMED = 3, 15  # steps before the clock runs, and steps that it times
READOUTS = ("knn", "linear", "lpft")
UNTRAINED = "untrained"


def pictures(name: str) -> dict[str, np.ndarray]:
    """Training and test images, uint8 N x C x S x S, and their labels."""
    if name == "cifar10":
        parts = [decode(REAL_DATA / name / f"cifar10_{split}.parquet", 10**6) for split in ("train", "test")]
    else:
        with np.load(REAL_DATA / name / "fashion_mnist_24k.npz") as found:
            parts = [(found[f"{s}_images"][:, None], found[f"{s}_labels"].astype(np.int64)) for s in ("train", "test")]
    order = np.random.default_rng(0).permutation(len(parts[0][0]))
    (images, labels), (test, test_labels) = parts
    return {"images": np.concatenate([images[order], test]), "labels": np.concatenate([labels[order], test_labels]),
            "train": np.arange(HELD, len(order)), "val": np.arange(HELD),
            "test": np.arange(len(order), len(order) + len(test))}  # fmt: skip


def chosen(name: str, settings: dict[str, Any], data: dict[str, np.ndarray], encoder: str) -> dict[str, Any]:
    """The recipe's parts for a method: its task, its encoder with the weights' spec, the augmentation."""
    found, shape = catalogue(), data["images"].shape[1:]
    told = {"channels": shape[0], "height": shape[1], "width": shape[2], "count": len(data["train"])}
    form = MODALITY.suggest(told, found)
    reads = found["pretext"][name]["reads"] if name != UNTRAINED else ["whole"]
    whole = "whole" in reads and encoder in ("", form["encoder"]["name"])
    own = form["encoder"] if whole else {"name": encoder or "vit"}
    train = {k: v for k, v in form["train"].items() if k != "minutes" and ("whole" in reads or k != "small_first")}
    scaled = data["images"][data["train"][:5000]] / 255
    spec = {"encoder": own, "shape": list(shape), "classes": [], "mean": scaled.mean((0, 2, 3)).tolist(),
            "std": scaled.std((0, 2, 3)).tolist()}  # fmt: skip
    return {"task": name, "settings": settings, "spec": spec, "augment": Choice(**form["augment"]), "train": train}


def loop(parts: dict[str, Any], data: dict[str, np.ndarray], seed: int, steps: int) -> Pretraining:
    encoder = build_encoder(parts["spec"], seed)
    task = plugin("pretext", parts["task"])
    torch.manual_seed(seed)
    pretext = task.call(task.params(**parts["settings"]), encoder.dim, 10)
    policy = plugin("augment", parts["augment"].name)
    shape = tuple(parts["spec"]["shape"])
    images = torch.from_numpy(data["images"][data["train"]])
    feed = ImageFeed(
        images,
        torch.from_numpy(data["labels"][data["train"]]),
        policy.call(policy.params(**parts["augment"].params), shape[1], shape[0]),
        parts.get("batch", Train().batch_size),
        seed,
        of=lambda view: policy_of(view, parts["augment"], shape),
    )
    train = Train(epochs=math.ceil(steps / feed.per_epoch), max_steps=steps, knn_every=0, **parts.get("train", {}))
    return Pretraining(
        encoder=encoder, pretext=pretext, feed=feed, train=train, collapse=Collapse(), seed=seed, device=CPU
    )


def seconds(parts: dict[str, Any], data: dict[str, np.ndarray], steps: int) -> float:
    start = time.process_time()
    loop(parts, data, 0, steps).run()
    return time.process_time() - start


def trained(parts: dict[str, Any], data: dict[str, np.ndarray], seed: int, minutes: float) -> dict[str, Any]:
    """The encoder after so many minutes of processor time, the images that it saw in a second of it, the verdict."""
    start = time.process_time()
    first = seconds(parts, data, WARM)
    a_step = (seconds(parts, data, WARM + TIMED) - first) / TIMED
    steps = max(10, int((60 * minutes - (time.process_time() - start)) / a_step))
    run, verdicts = loop(parts, data, seed, steps), []
    run.log = lambda kind, step, body: verdicts.append(body["verdict"]) if kind == "collapse" else None
    start = time.process_time()
    run.run()
    spent = time.process_time() - start
    alarms = [v for v in verdicts if v["state"] == "collapsed"]
    said = f"{alarms[0]['kind']} since step {alarms[0]['since']}" if alarms else verdicts[-1]["state"]
    return {"encoder": run.encoder, "steps": steps, "images_per_s": steps * run.feed.size / spent, "verdict": said}


def readouts(encoder, data: dict[str, np.ndarray], spec: dict[str, Any], seed: int) -> dict[str, dict[str, float]]:
    """{split: {readout: accuracy in percent}} on the validation and the test images."""
    labelled = np.sort(np.random.default_rng(seed).choice(data["train"], LABELS, replace=False))
    rows = np.concatenate([labelled, data["val"], data["test"]])
    inputs = Pixels(torch.from_numpy(data["images"][rows]))
    truth = data["labels"][rows]
    at = np.arange(len(rows))
    train, val, test = np.split(at, [LABELS, LABELS + HELD])
    cell = Cell(1.0, 0, train)

    def copy():
        fresh = build_encoder(spec, 0)
        fresh.load_state_dict(encoder.state_dict())
        return fresh

    task = Task(
        cells=(cell,), wanted=(cell,), labels=np.where(np.isin(at, test), -1, truth), train=train, val=val, test=test,
        classes=10, metric="accuracy", inputs=inputs, device=CPU, encoder=copy, seed=seed,
        features=torch.from_numpy(encode(encoder, inputs, CPU)),
    )  # fmt: skip
    found: dict[str, dict[str, float]] = {"val": {}, "test": {}}
    for name in READOUTS:
        method = plugin("finetune", name)
        (one,) = method.call(task, method.params())
        for split, outputs, part in (("val", one.val, val), ("test", one.test, test)):
            found[split][name] = 100 * float((outputs.argmax(1) == truth[part]).mean())
    return found


def measured(name: str, options: argparse.Namespace, data: dict[str, np.ndarray], seed: int) -> dict[str, Any]:
    """A row of the table."""
    parts = chosen(name, options.settings, data, options.encoder)
    told = {"method": name, "encoder": parts["spec"]["encoder"]["name"], "seed": seed}
    if name == UNTRAINED:
        encoder = build_encoder(parts["spec"], seed)
        recalibrate(encoder, Pixels(torch.from_numpy(data["images"][data["train"][:HELD]])))
        return told | {"scores": readouts(encoder, data, parts["spec"], seed)}
    parts |= {"train": options.train}
    found = trained(parts, data, seed, options.minutes)
    encoder = found.pop("encoder")
    return told | found | {"scores": readouts(encoder, data, parts["spec"], seed)}


def line(row: dict[str, Any], split: str) -> str:
    scores = " | ".join(f"{row['scores'][split][name]:.1f}" for name in READOUTS)
    speed = f"{row['images_per_s']:,.0f} | {row['steps']:,} | {row['verdict']}" if "steps" in row else "- | - | -"
    return f"| {row['method']} | {row['encoder']} | {row['seed']} | {scores} | {speed} |"


def number(text: str) -> tuple[str, Any]:
    key, _, value = text.partition("=")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("methods", nargs="*", help="none: all that no label teaches, and the untrained encoders")
    parser.add_argument("--minutes", type=float, default=3.0, help="of processor time for each method and seed")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--data", default="fashion_mnist", choices=("fashion_mnist", "cifar10"))
    parser.add_argument("--encoder", default="", help="instead of the method's own")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the method")
    parser.add_argument("--train", action="append", default=[], metavar="NAME=VALUE", help="one of the recipe's train")
    parser.add_argument("--validation", action="store_true", help="scores on validation images alone")
    parser.add_argument("--rows", default="", help="a file to which each row is added as JSON, with both splits")
    options = parser.parse_args()
    options.settings, options.train = dict(map(number, options.set)), dict(map(number, options.train))
    torch.set_num_threads(1)
    data = pictures(options.data)
    split = "val" if options.validation else "test"
    print(f"| method | encoder | seed | {' | '.join(READOUTS)} | images/s | steps | collapse watch |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for name in options.methods or offered():
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            row = measured(name, options, data, seed)
            print(line(row, split), flush=True)
            if options.rows:
                with open(options.rows, "a") as file:
                    file.write(json.dumps(row) + "\n")


def offered() -> list[str]:
    found = catalogue()["pretext"]
    ours = [n for n, entry in found.items() if "image" in entry["kinds"] and n not in ("supervised", "alignment")]
    return [UNTRAINED, *ours]


if __name__ == "__main__":
    main()
