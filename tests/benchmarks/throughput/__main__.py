"""Images/s of a SimCLR step, end to end, against lightly: same data, encoder, optimiser and augmentation strengths.

    python -m tests.benchmarks.throughput --peer PEER_PYTHON [--knn-epochs 15]

PEER_PYTHON is the interpreter of an environment with torch==2.13.0, torchvision==0.28.0, lightly==1.6.0 and
pydantic, safetensors (`make benchmark-throughput` makes it). The two sides alternate, so that what else the machine
does strikes both; the table quotes medians and their ratio. The kNN part trains both for the same number of epochs
on 10,000 CIFAR-10 images and compares kNN accuracy on the 6,000 test images.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from tests.conftest import REAL_DATA

HERE = Path(__file__).parent


def decode(file: Path, most: int) -> tuple[np.ndarray, np.ndarray]:
    """(uint8 images N x 3 x 32 x 32, int64 labels N), class-balanced because the file is shuffled by a fixed draw."""
    table = pq.read_table(file).to_pandas().sample(frac=1, random_state=0)[:most]
    images = np.stack([np.asarray(Image.open(io.BytesIO(b)).convert("RGB")) for b in table["image"]])
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)), table["label"].to_numpy()


def run(python: str, module: str, *words: str, threads: int | None = None) -> dict[str, float]:
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads or os.cpu_count()), "PYTHONPATH": str(HERE.parents[2])}
    command = [python, "-m", f"tests.benchmarks.throughput.{module}", *words]
    found = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=HERE.parents[2])
    if found.returncode:
        sys.exit(f"{module} failed:\n{found.stderr[-3000:]}")
    return json.loads(found.stdout.splitlines()[-1])


def knn(features: Path, labels: np.ndarray, test_labels: np.ndarray, k: int = 200) -> float:
    """Accuracy of the cosine-weighted kNN vote (Wu et al. 2018, temperature 0.1), in percent."""
    with np.load(features) as found:
        bank, query = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (found["images"], found["test_images"]))
    right = 0
    for part, truth in zip(np.array_split(query, 12), np.array_split(test_labels, 12), strict=True):
        similarity = part @ bank.T
        near = np.argpartition(-similarity, k, axis=1)[:, :k]
        weight = np.exp(np.take_along_axis(similarity, near, 1) / 0.1)
        votes = np.stack([(weight * (labels[near] == c)).sum(1) for c in range(10)], 1)
        right += int((votes.argmax(1) == truth).sum())
    return 100 * right / len(query)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--knn-epochs", type=int, default=15)
    parser.add_argument("--knn-seeds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "cifar.npz"
        images, labels = decode(REAL_DATA / "cifar10" / "cifar10_train.parquet", 10_000)
        test_images, test_labels = decode(REAL_DATA / "cifar10" / "cifar10_test.parquet", 6_000)
        np.savez(data, images=images, test_images=test_images)
        print("| encoder | lightly img/s | ours img/s | ratio | rounds |\n|---|---|---|---|---|", flush=True)
        for encoder, batch, steps in (("convnet", 256, 30), ("resnet18", 64, 4)):
            words = ("--data", str(data), "--encoder", encoder, "--batch", str(batch), "--steps", str(steps))
            pairs = [
                (run(options.peer, "lightly_peer", *words), run(sys.executable, "ours", *words))
                for _ in range(options.rounds)
            ]
            theirs, ours = (median(p[side]["images_per_s"] for p in pairs) for side in (0, 1))
            ratios = ", ".join(f"{o['images_per_s'] / t['images_per_s']:.1f}x" for t, o in pairs)
            print(f"| {encoder} | {theirs:,.0f} | {ours:,.0f} | {ours / theirs:.1f}x | {ratios} |", flush=True)
        if options.knn_epochs:
            print(
                "\n| seed | lightly kNN-200 % | ours kNN-200 % | difference | lightly img/s | ours img/s |", flush=True
            )
            print("|---|---|---|---|---|---|", flush=True)
            for seed in range(options.knn_seeds):
                row = []
                for python, module in ((options.peer, "lightly_peer"), (sys.executable, "ours")):
                    saved = Path(folder) / f"{module}.npz"
                    words = ("--epochs", str(options.knn_epochs), "--seed", str(seed), "--features", str(saved))
                    speed = run(python, module, "--data", str(data), "--encoder", "convnet", *words)["images_per_s"]
                    row.append((knn(saved, labels, test_labels), speed))
                (a, slow), (b, fast) = row
                print(f"| {seed} | {a:.1f} | {b:.1f} | {b - a:+.1f} | {slow:,.0f} | {fast:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
