"""Sensor series in the stages: readings on the device, or left in their file where they are many; windows are cut out
of them batch by batch."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ....data.dataset import Dataset
from ....encoders._series import Readings, Windows, cut, whole
from ....engine.feed import Feed, ImageFeed, Policy, to_device
from ....engine.supervised import Augmentation
from ....engine.weights import answered
from ....modality.series.stored import Series
from ....pretext._base import Pretext, View
from ....registry import plugin
from .._base import DataModule

KEPT = 2**32  # bytes of readings that a graphics card takes into its memory; larger ones stay in their file


class Data(DataModule):
    noun = "windows"

    @cached_property
    def described(self) -> dict[str, Any]:
        """What encoders, pretext tasks and augmentations are built by."""
        manifest = self.job.dataset.manifest
        return {"channels": manifest["channels"], "length": manifest["length"]}

    @cached_property
    def spec(self) -> dict[str, Any]:
        choice, data = self.job.recipe.encoder, self.job.dataset
        known = {"modality": "series", "arguments": [self.described]}
        return {"encoder": {"name": choice.name, **choice.params}, **known, **answered(data.classes, data.target)}

    @cached_property
    def inputs(self) -> Windows:
        found = windows(self.job.dataset)
        return found.to(self.job.torch_device) if found.readings.values.nbytes <= KEPT else found

    @property
    def augmentation(self) -> Augmentation | None:
        policy = self._policy(View("recipe"))
        return policy and (lambda examples, draw: policy(examples.input, draw))

    def _policy(self, view: View) -> Policy | None:
        """The augmentation of a view, or the recipe's own; None for windows as they are."""
        choice = self.job.recipe.augment
        name = view.augment or (choice.name if choice else "none")
        kind = plugin("augment", name)
        params = view.params if view.augment else choice.params if choice else {}
        return kind.call(kind.params(**params), self.described)

    def pretext(self, encoder: nn.Module) -> Pretext:
        return self.plugged_pretext(encoder.dim, self.described)

    def feed(self, rows: np.ndarray, pretext: Pretext, seed: int) -> Feed:
        rows = self.followed(rows)
        labels = to_device(self.job.dataset.labels[rows], self.job.torch_device)
        chosen = Chosen(self.inputs, torch.as_tensor(rows), self.job.torch_device)
        batch = self.job.recipe.train.batch_size
        return ImageFeed(chosen, labels, self._made(View("recipe")), batch, seed, "windows", of=self._made)

    def followed(self, rows: np.ndarray) -> np.ndarray:
        """Those of the rows that pretraining may see: of a unit that fails, up to a drawn age alone
        (backend/modality/series/windows.py)."""
        seen = self.job.dataset.columns("pretraining")["pretraining"].to_numpy()
        return rows[seen[rows]]

    def _made(self, view: View) -> Policy:
        return self._policy(view) or (lambda values, draw: values)

    def seen(self, steps: int) -> int:
        with torch.random.fork_rng(devices=[]):
            task = self.plugged_pretext(8, self.described)
        return steps * len(task.views) * self.job.recipe.train.batch_size


class Chosen:
    """Rows of the windows as a feed reads them, float32 n x C x L on `device`: a step cuts out what it reads."""

    def __init__(self, found: Windows, rows: Tensor, device: torch.device):
        self.readings, self.of, self.device = found.readings, found.of[rows.to(found.of.device)], device
        self._whole = len(self.of) > 0 and whole(self.of, found.length)

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, places: Tensor) -> Tensor:
        return cut(self.readings, self.of[places.to(self.of.device)], self._whole).to(self.device, non_blocking=True)


def windows(dataset: Dataset) -> Windows:
    """Every window of a data set; readings are mapped from their file."""
    manifest, stored = dataset.manifest, dataset.artefacts
    series = Series(stored, manifest)
    values = torch.as_tensor(stored.mapped(manifest["readings"]["sha256"], "readings"))
    described = {"channels": manifest["channels"], "length": manifest["length"]}
    readings = Readings(values, torch.as_tensor(series.places), described)
    known = dataset.columns("window_age", "window_time", *series.told["static"])
    static = known[series.told["static"]] if series.told["static"] else None
    age, time = known["window_age"].to_numpy(), known["window_time"].to_numpy()
    return Windows(readings, torch.as_tensor(series.windows), age, time, static)
