"""What each arm of the study starts from: encoders, features, augmentation; the budget that makes arms comparable."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..engine.job import Job
from ..engine.seeds import derive
from ..engine.weights import load_encoder
from ..finetune._task import Cell, Task
from ..finetune._training import batch_size
from ..workspace.layout import BadInput
from ._study_design import Design
from .modality import DataModule, data_module

# arm -> key of the event that holds its features
FEATURES = {"ssl": "pretrain/{seed}", "random": "random/{seed}", "reference": "reference/0"}


class Arms:
    """Builds the tasks of one study; what several tasks need is read once."""

    def __init__(self, job: Job, design: Design):
        self.job, self.design = job, design
        self.data = data_module(job)
        self.image_passes = image_passes(job, self.data, design)
        self._shared: dict[tuple[str, int | None], dict[str, Any]] = {}

    @property
    def spec(self) -> dict[str, Any]:
        return self.data.spec

    def task(
        self,
        arm: str,
        method: str,
        seed: int | None,
        wanted: tuple[Cell, ...],
        settled: dict[float, dict[str, Any]],
    ) -> Task:
        design, job = self.design, self.job
        return Task(
            cells=design.cells_of(arm, method),
            wanted=wanted,
            labels=design.labels,
            train=design.train,
            val=design.val,
            test=design.test,
            classes=design.classes,
            target=design.target,
            metric=job.recipe.finetune.metric,
            loss=job.recipe.finetune.loss,
            inputs=self.data.inputs,
            texts=self.data.texts,
            device=job.torch_device,
            features=self._features(arm, seed),
            encoder=self._encoder(arm, seed),
            augmentation=self.data.augmentation if arm in ("ssl", "scratch_aug") else None,
            rates=self.data.rates,
            tuning_steps=self.data.tuning_steps,
            passes=self.data.passes,
            image_passes=self.image_passes,
            max_steps=job.recipe.finetune.max_steps,
            batch_size=job.recipe.train.batch_size,
            seed=derive(arm, job.recipe.seed, seed or 0),
            settled=settled,
            shared=self._shared.setdefault((arm, seed), {}),
            check_stop=job.check_stop,
        )

    def _features(self, arm: str, seed: int | None) -> Tensor | None:
        if arm in ("scratch_aug", "scratch_plain"):
            return None
        if arm == "classical":
            return self.data.classical()
        event = needed(self.job, "features", FEATURES[arm].format(seed=seed))
        features = self.job.artefacts.array(event["subjects"][0]["sha256"], "features")
        bad = int((~np.isfinite(features).all(axis=1)).sum())
        if bad or len(features) != len(self.design.labels):
            raise BadInput(
                f"study: features of {arm}, seed {seed}: expected finite numbers for {len(self.design.labels)} rows, "
                f"found {len(features)} rows, {bad} of them with NaN or infinity"
            )
        return torch.from_numpy(features).to(self.job.torch_device)

    def _encoder(self, arm: str, seed: int | None) -> Callable[[], torch.nn.Module] | None:
        if arm == "ssl":
            event = needed(self.job, "encoder", f"pretrain/{seed}")
            return partial(deepcopy, load_encoder(self.job.artefacts, event["subjects"][0]["sha256"]))
        if arm in ("scratch_aug", "scratch_plain"):
            # The weights that pretraining of this seed started from: pairs differ in nothing but the pretraining.
            return partial(deepcopy, self.data.untrained(seed or 0))
        return None


def needed(job: Job, kind: str, key: str) -> dict[str, Any]:
    """The event of the pretraining stage that the study rests on."""
    event = job.events.seen(kind, key)
    if event is None:
        raise BadInput(f"study: expected the {kind} of {key}, found none; add stage 'pretrain' to the recipe")
    return event


def image_passes(job: Job, data: DataModule, design: Design) -> int:
    """Training examples (repeats counted) that pretraining and fine-tuning see; scratch training may see as many."""
    steps = needed(job, "encoder", "pretrain/0")["body"]["steps"]
    rows = max(len(c.rows) for c in design.cells)
    return data.seen(steps) + data.tuning_steps * batch_size(rows, job.recipe.train.batch_size)
