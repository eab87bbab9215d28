"""The peer's side: lightly's SimCLR transform and NT-Xent, the same encoder, a DataLoader with 2 workers.

Runs in an environment of its own (torchvision has no CPU build for this torch; with its two missing operators
declared it imports). Prints one JSON line: images/s and, with --epochs, writes the features for the kNN test.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
import torch

for operator in (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor a, Tensor b, float c) -> Tensor",
):
    torch.library.define(f"torchvision::{operator.split('(')[0]}", "(" + operator.split("(", 1)[1])

from lightly.loss import NTXentLoss  # noqa: E402
from lightly.transforms import SimCLRTransform  # noqa: E402
from PIL import Image  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402

from tests.benchmarks.throughput.common import TEMPERATURE, build, encode  # noqa: E402


class Images(Dataset):
    """PIL images, decoded beforehand, through lightly's two-view transform."""

    def __init__(self, images: np.ndarray):
        self.images = [Image.fromarray(x.transpose(1, 2, 0)) for x in images]
        self.transform = SimCLRTransform(
            input_size=32,
            min_scale=0.2,
            cj_strength=0.5,
            gaussian_blur=0.0,
            normalize={"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]},
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> list[torch.Tensor]:
        return self.transform(self.images[i])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--features")
    parser.add_argument("--advice", action="store_true", help="lightly's own settings for CIFAR-10")
    parser.add_argument("--cpu-seconds", type=float, default=0, help="processor time instead of steps or epochs")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    images = np.load(options.data)["images"]
    encoder, projector, optimizer = build(options.encoder, options.batch if options.advice else 0)
    loss_of = NTXentLoss() if options.advice else NTXentLoss(temperature=TEMPERATURE)
    workers = {} if options.cpu_seconds else {"num_workers": 2, "persistent_workers": True}
    loader = DataLoader(Images(images), options.batch, shuffle=True, drop_last=True, **workers)
    per_epoch = len(loader)
    steps = options.steps or options.epochs * per_epoch or sys.maxsize
    warm = 3 if options.steps else 0
    done, start, began = 0, time.perf_counter(), time.process_time()
    while done < steps + warm:
        for views in loader:
            spent = time.process_time() - began
            share = spent / options.cpu_seconds if options.cpu_seconds else done / (steps + warm)
            if share >= 1:
                steps = done
                break
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * 0.5 * (1 + np.cos(np.pi * share))
            backbone = encoder(torch.cat(views).contiguous(memory_format=torch.channels_last))
            z = projector(backbone)
            loss = loss_of(*z.chunk(2))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            done += 1
            if done == warm:
                start = time.perf_counter()
            if done == steps + warm:
                break
    seconds, spent = time.perf_counter() - start, time.process_time() - began
    if options.features:
        np.savez(options.features, **{k: encode(encoder, np.load(options.data)[k]) for k in ("images", "test_images")})
    told = {"images_per_s": steps * options.batch / seconds, "loss": float(loss), "steps": steps, "cpu": spent}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
