"""Explaining classifiers of images: every method gives every image a map."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from ....attribution._answers import Answered, answered
from ....attribution._base import logits
from ....attribution._evaluate import planted
from ....attribution._parts import Pictures
from ....attribution._run import as_input, control_maps, remade_controls
from ....engine.weights import load_classifier
from ....workspace.artefacts import Artefact
from ..._examples import Arm, choose_rows, known_rows
from .._explaining import Explaining as Base


class Explaining(Base):
    def prepare(self, arm: str, sha256: str, rows: list[int] | None) -> Arm:
        job = self.job
        model = load_classifier(job.artefacts, sha256).to(job.torch_device)
        if rows is None:
            known = known_rows(job.dataset)
            said = predict(model, job.dataset.images[known], job.torch_device)
            rows = choose_rows(job.dataset, known, said, job.recipe.attribution.examples, job.recipe.seed)
        images = as_input(job.dataset.images[rows], job.torch_device)
        said = predict(model, job.dataset.images[rows], job.torch_device)
        true, index = job.dataset.true_of(rows), said.index.tolist()
        return Arm(arm, model, Pictures(images), rows, true, said.predicted, said.probability, index=index)

    def store(self, arm: Arm, name: str, scores: np.ndarray) -> Artefact:
        return self.job.artefacts.put_arrays(f"maps/{arm.name}/{name}", {"maps": scores})

    def kept(self, arm: Arm, sha256: str) -> np.ndarray:
        """float32 n x H x W"""
        return self.job.artefacts.array(sha256, "maps")

    def controls(self, arm: Arm, seed: int) -> dict[str, np.ndarray]:
        return control_maps(arm.parts.input, arm.rows, seed)

    def remade_controls(self, arm: Arm, few: slice, controls: dict[str, Any], seeds: list[int]) -> dict[str, list]:
        return remade_controls(arm.parts.input[few], arm.rows[few], seeds)

    def told(self, arm: Arm, scores: np.ndarray) -> dict[str, Any]:
        shares, means = planted(scores, self._masks(arm.rows))
        return {"planted": shares, "planted_mean": means}

    def told_of_controls(self, arm: Arm, controls: dict[str, Any]) -> dict[str, Any]:
        there = self._masks(arm.rows)
        shares = {name: planted(array, there) for name, array in controls.items()}
        return {
            "planted": {name: share for name, (share, _) in shares.items()} if there else None,
            "planted_mean": {name: mean for name, (_, mean) in shares.items()} if there else None,
            "planted_area": {factor: area_share(mask) for factor, mask in there.items()} or None,
        }

    def _masks(self, rows: list[int]) -> dict[str, np.ndarray]:
        """{factor: bool n x H x W} of the planted factors that the data set names."""
        found = {factor: self.job.dataset.planted(factor) for factor in ("signal", "shortcut")}
        return {factor: mask[rows] for factor, mask in found.items() if mask is not None}


def predict(model: nn.Module, images: np.ndarray, device: torch.device, batch: int = 1024) -> Answered:
    """What the model says of uint8 N x C x H x W"""
    parts = [logits(model, as_input(images[i : i + batch], device)) for i in range(0, len(images), batch)]
    return answered(model, torch.cat(parts))


def area_share(mask: np.ndarray) -> float | None:
    """Mean share of the image that planted pixels cover, over the examples that have any: chance for a blind map."""
    there = mask.any(axis=(1, 2))
    return float(mask[there].mean()) if there.any() else None
