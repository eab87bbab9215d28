"""Point sets in the stages: float32 on the device, N x P x 2."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from backend.encoders._examples import Examples
from backend.engine.feed import Feed, ImageFeed, Policy, to_device
from backend.engine.weights import answered
from backend.pretext._base import Pretext
from backend.registry import plugin
from backend.stages.modality import DataModule


class PointSets(Examples):
    unit = "point sets"

    def __init__(self, values: Tensor):
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> PointSets:
        return PointSets(self.values[torch.as_tensor(rows) if isinstance(rows, np.ndarray) else rows])

    def to(self, device: torch.device | str) -> PointSets:
        return PointSets(self.values.to(device))

    @property
    def device(self) -> torch.device:
        return self.values.device

    @property
    def input(self) -> Tensor:
        return self.values


class Data(DataModule):
    noun = "point sets"

    @cached_property
    def spec(self) -> dict[str, Any]:
        choice, data = self.job.recipe.encoder, self.job.dataset
        known = {"modality": "points", "arguments": [2], **answered(data.classes, data.target)}
        return {"encoder": {"name": choice.name, **choice.params}, **known}

    @cached_property
    def inputs(self) -> PointSets:
        return PointSets(to_device(points(self.job.dataset), self.job.torch_device))

    @cached_property
    def _policy(self) -> Policy:
        choice = self.job.recipe.augment
        found = plugin("augment", choice.name)
        return found.call(found.params(**choice.params))

    @property
    def augmentation(self) -> Any:
        return lambda examples, draw: self._policy(examples.values, draw)

    def pretext(self, encoder: nn.Module) -> Pretext:
        return self.plugged_pretext(encoder.dim, len(self.job.dataset.classes))

    def feed(self, rows: np.ndarray, pretext: Pretext, seed: int) -> Feed:
        known = self.inputs.values[torch.as_tensor(rows)]
        labels = to_device(self.job.dataset.labels[rows], self.job.torch_device)
        return ImageFeed(known, labels, self._policy, self.job.recipe.train.batch_size, seed, "point sets")

    def seen(self, steps: int) -> int:
        return steps * 2 * self.job.recipe.train.batch_size

    def classical(self) -> Tensor:
        return self.inputs.values.flatten(1)


def points(dataset: Any) -> np.ndarray:
    source = dataset.manifest["points"]
    return dataset.artefacts.array(source["sha256"], source["key"])
