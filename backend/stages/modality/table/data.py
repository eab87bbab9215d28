"""Tables in the stages: records on the device, or left in their file and read row by row where they are many."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from ....encoders._table import Records
from ....engine.feed import Feed, ImageFeed, Policy, to_device
from ....engine.seeds import derive
from ....engine.supervised import Augmentation
from ....engine.weights import answered
from ....modality.table import features
from ....pretext._base import Pretext, View
from ....registry import plugin
from .._base import DataModule
from .telling import cluster_columns

LARGE = 2**28  # bytes of a mapped file that may lie in memory as a whole
LOOKED_AT = 2**26  # bytes of a larger one that may lie there before they are given back
AROUND = 2**16  # bytes that the system maps around a byte that is read
KEPT = 2**32  # bytes of records that a graphics card takes into its memory; larger ones stay in their file
FREQUENCIES = 10_000  # training rows, at most, from which a pretext task learns how often values occur


class Data(DataModule):
    noun = "rows"
    # Chosen on validation rows of five public sets (tests/benchmarks/table_strength.md).
    rates: ClassVar = {"end_to_end": (1e-3, 3e-3), "lpft": (2e-4, 1e-3)}
    tuning_steps = 400
    passes = 10

    @cached_property
    def described(self) -> list[dict[str, Any]]:
        """What each feature means (backend/modality/table/features.py)."""
        return features.features(self.job.artefacts, self.job.dataset.manifest)

    @cached_property
    def spec(self) -> dict[str, Any]:
        choice, data = self.job.recipe.encoder, self.job.dataset
        known = {"modality": "table", "arguments": [features.arguments(self.described)]}
        return {"encoder": {"name": choice.name, **choice.params}, **known, **answered(data.classes, data.target)}

    @cached_property
    def inputs(self) -> Records:
        """On a graphics card in its memory, on a CPU as mapped from the file."""
        found = Records(self._mapped, self.described)
        return found.to(self.job.torch_device) if found.values.nbytes <= KEPT else found

    @cached_property
    def _mapped(self) -> np.ndarray:
        source = self.job.dataset.manifest["records"]
        return self.job.artefacts.mapped(source["sha256"], source["key"])

    def _give_back(self) -> None:
        """Let go of what was read of the file; it is read again where it is needed again."""
        if isinstance(self._mapped, np.memmap) and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped._mmap.madvise(mmap.MADV_DONTNEED)

    @property
    def augmentation(self) -> Augmentation | None:
        policy = self._policy(View("recipe"))
        return policy and (lambda examples, draw: policy(examples.values, draw))

    def _policy(self, view: View) -> Policy | None:
        """The augmentation of a view, or the recipe's own; None for rows as they are."""
        choice = self.job.recipe.augment
        name = view.augment or (choice.name if choice else "none")
        kind = plugin("augment", name)
        params = view.params if view.augment else choice.params if choice else {}
        return kind.call(kind.params(**params), self.described, self.inputs.values, self._train)

    @cached_property
    def _train(self) -> Tensor:
        """Training rows, labelled or not, int64 on the device of the records."""
        return torch.as_tensor(self.job.dataset.rows("train"), device=self.inputs.device)

    def pretext(self, encoder: nn.Module) -> Pretext:
        rows = self.job.dataset.rows("train")
        if len(rows) > FREQUENCIES:
            draw = np.random.default_rng(derive("frequencies", self.job.recipe.seed))
            rows = np.sort(draw.choice(rows, FREQUENCIES, replace=False, shuffle=False))
        sample = self.inputs[rows].values.cpu()
        return self.plugged_pretext(encoder.dim, self.described, sample)

    def feed(self, rows: np.ndarray, pretext: Pretext, seed: int) -> Feed:
        device = self.job.torch_device
        labels = to_device(self.job.dataset.labels[rows], device)
        chosen = Chosen(self.inputs.values, torch.as_tensor(rows, device=self.inputs.device), device, self._give_back)
        batch = self.job.recipe.train.batch_size
        return ImageFeed(chosen, labels, self._made(View("recipe")), batch, seed, "rows", of=self._made)

    def _made(self, view: View) -> Policy:
        return self._policy(view) or (lambda records, draw: records)

    def seen(self, steps: int) -> int:
        with torch.random.fork_rng(devices=[]):
            task = self.plugged_pretext(8, self.described, self.inputs.values[:2].cpu())
        return steps * len(task.views) * self.job.recipe.train.batch_size

    def cluster_words(self, rows: np.ndarray, cluster: np.ndarray, count: int) -> list[list[str]]:
        """The columns that tell each cluster from the rest."""
        values = self.inputs.values[torch.as_tensor(rows, device=self.inputs.device)].cpu().numpy()
        return cluster_columns(values, self.described, cluster, count)


class Chosen:
    """Rows of a table as a feed reads them: `rows` (int64) of float32 N x F `values`, wherever these lie, to `device`,
    where they are asked for. Nothing is copied but what a step reads, and of a large file that is mapped no more than
    LOOKED_AT bytes stay in memory."""

    def __init__(self, values: Tensor, rows: Tensor, device: torch.device, give_back: Callable[[], None]):
        self.values, self.rows, self.device, self._give_back = values, rows, device, give_back
        self._large, self._looked = values.device.type == "cpu" and values.nbytes > LARGE, 0

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, places: Tensor) -> Tensor:
        rows = self.rows[places.to(self.rows.device)]
        if not self._large:
            return self.values.index_select(0, rows).to(self.device, non_blocking=True)
        found = []
        for part in rows.split(LOOKED_AT // AROUND):
            if self._looked + len(part) > LOOKED_AT // AROUND:
                self._give_back()
                self._looked = 0
            found.append(self.values.index_select(0, part))
            self._looked += len(part)
        return torch.cat(found).to(self.device, non_blocking=True)
