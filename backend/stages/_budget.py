"""Minutes instead of epochs: how many steps of pretraining fit into them, timed before the first one.

The number of steps is logged before training begins, so that a schedule knows its end and a run that was killed goes on
as it would have: the clock is never asked again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from ..engine.job import Job
from ..engine.pretrain import Pretraining
from ..engine.seeds import derive, seed_all
from ..recipe import Train
from .modality import DataModule

WARM, LEAST, MOST = 3, 10, 200  # steps that are not timed, and that are
SECONDS = 2.0  # of timing that are aimed at
SHARE = 0.95  # of the minutes: the rest is for readings and checkpoints


def in_minutes(job: Job, data: DataModule, rows: np.ndarray) -> Train:
    """The recipe's training; where it has minutes, with the steps that fit into them, the same for every seed."""
    train = job.recipe.train
    if not train.minutes:
        return train
    event = job.events.seen("pretrain.timed", "pretrain")
    body = event["body"] if event else _timed(job, data, rows, train)
    if not event:
        job.events.append("pretrain.timed", body, key="pretrain", durable=True)
    steps = body["steps"]
    update = {"max_steps": steps, "epochs": math.ceil(steps / body["per_epoch"])}
    if train.knn_readings:
        update["knn_every"] = math.ceil(steps / train.knn_readings)
    return train.model_copy(update=update)


def _timed(job: Job, data: DataModule, rows: np.ndarray, train: Train) -> dict[str, Any]:
    """Body of `pretrain.timed` (docs/events.md): from steps of a network that is thrown away afterwards."""
    step, per_epoch = _per_step(job, data, rows, train.model_copy(update={"small_first": 0.0}))
    if small := train.small_first:
        first, _ = _per_step(job, data, rows, train.model_copy(update={"small_first": 1.0}))
        step = small * first + (1 - small) * step
    steps = max(1, int(train.minutes * 60 * SHARE / job.recipe.finetune.pretrain_seeds / step))
    return {"minutes": train.minutes, "seconds_per_step": step, "steps": steps, "per_epoch": per_epoch}


def _per_step(job: Job, data: DataModule, rows: np.ndarray, train: Train) -> tuple[float, int]:
    """(seconds of a step once it is warm, steps of an epoch)"""
    first = _seconds(job, data, rows, train, WARM)
    more = min(MOST, max(LEAST, round(SECONDS * WARM / max(first[0], 1e-3))))
    seconds, per_epoch = _seconds(job, data, rows, train, WARM + more)
    return max((seconds - first[0]) / more, seconds / (WARM + more) / 4, 1e-6), per_epoch


def _seconds(job: Job, data: DataModule, rows: np.ndarray, train: Train, steps: int) -> tuple[float, int]:
    """(seconds of so many steps, steps of an epoch)"""
    encoder, seed = data.start(0), derive("timed", job.recipe.seed)
    with torch.random.fork_rng(devices=[]):
        seed_all(seed)
        task = data.pretext(encoder)
    alone = {"max_steps": steps, "epochs": steps, "knn_every": 0, "keep_every": 0, "checkpoint_every": steps + 1}
    loop = Pretraining(
        encoder=encoder,
        pretext=task,
        feed=data.feed(rows, task, seed),
        train=train.model_copy(update=alone),
        collapse=job.recipe.collapse.model_copy(update={"action": "warn"}),
        seed=seed,
        device=job.torch_device,
        stopping=job.stop.is_set,
    )
    return loop.run()["seconds"], loop.feed.per_epoch
