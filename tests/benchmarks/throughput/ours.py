"""Our side: the product's own pretraining loop, with its collapse monitor on. Prints one JSON line."""

from __future__ import annotations

import argparse
import json

import numpy as np
import torch

from backend.augment import photo
from backend.engine.feed import ImageFeed
from backend.engine.pretrain import Pretraining
from backend.pretext import simclr
from backend.recipe import Collapse, Train
from tests.benchmarks.throughput.common import TEMPERATURE, build, encode


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--features")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    data, device = np.load(options.data), torch.device(options.device)
    images = torch.from_numpy(data["images"])
    per_epoch = len(images) // options.batch
    epochs = options.epochs or max(1, round(options.steps / per_epoch))
    kept = len(images) if options.epochs else min(len(images), options.batch * max(1, options.steps // epochs))
    encoder, _, _ = build(options.encoder)
    loop = Pretraining(
        encoder=encoder,
        pretext=simclr.build(simclr.Params(temperature=TEMPERATURE), encoder.dim, 10),
        feed=ImageFeed(
            images[:kept].to(device),
            torch.zeros(kept, dtype=torch.int64, device=device),
            photo.build(photo.Params(blur=0.0), 32, 3),
            options.batch,
            options.seed,
        ),
        train=Train(epochs=epochs, batch_size=options.batch, lr=2e-3, warmup=0.0, knn_every=0, compile=options.compile),
        collapse=Collapse(),
        seed=options.seed,
        device=device,
    )
    readings = []
    loop.log = lambda kind, step, body: readings.append((kind, step, body))
    summary = loop.run()
    losses = [body["loss"] for kind, _, body in readings if kind == "metrics"]
    speeds = [body["images_per_s"] for kind, _, body in readings if kind == "metrics"]
    if options.features:
        encoder.cpu()
        np.savez(options.features, **{k: encode(encoder, data[k]) for k in ("images", "test_images")})
    warm = float(np.median(speeds[1:] or speeds))  # the first lap holds the warm-up
    print(
        json.dumps({"images_per_s": warm if options.steps else summary["images_per_s"], "loss": losses[-1]}), flush=True
    )


if __name__ == "__main__":
    main()
