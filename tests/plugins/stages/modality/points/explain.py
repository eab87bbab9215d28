"""Explaining classifiers of point sets: every method scores every point."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backend.attribution._answers import answered
from backend.attribution._parts import Parts
from backend.engine.weights import load_classifier
from backend.stages._examples import Arm, choose_rows, known_rows
from backend.stages.modality import Explaining as Base
from backend.workspace.artefacts import Artefact

from .data import points


class Scattered(Parts):
    part = "points"

    def __init__(self, values: Tensor):
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> Scattered:
        return Scattered(self.values[rows])

    @property
    def device(self) -> torch.device:
        return self.values.device

    @property
    def input(self) -> Tensor:
        return self.values

    @property
    def counts(self) -> np.ndarray:
        return np.full(len(self), self.values.shape[1])

    def places(self, per_part: list[np.ndarray]) -> Tensor:
        return torch.from_numpy(np.stack(per_part)).to(self.device)

    def hidden(self, gone: Tensor) -> Iterator[tuple[slice, Tensor]]:
        yield slice(0, len(self)), self.values.masked_fill(gone[:, :, None], torch.nan)


class Explaining(Base):
    @torch.no_grad()
    def prepare(self, arm: str, sha256: str, rows: list[int] | None) -> Arm:
        job = self.job
        model, every = load_classifier(job.artefacts, sha256).to(job.torch_device), torch.as_tensor(points(job.dataset))
        every = every.to(job.torch_device)
        if rows is None:
            known = known_rows(job.dataset)
            said = answered(model, model(every[known]))
            rows = choose_rows(job.dataset, known, said, job.recipe.attribution.examples, job.recipe.seed)
        said, true = answered(model, model(every[rows])), job.dataset.true_of(rows)
        parts, index = Scattered(every[rows]), said.index.tolist()
        return Arm(arm, model, parts, rows, true, said.predicted, said.probability, index=index)

    def store(self, arm: Arm, name: str, scores: np.ndarray) -> Artefact:
        return self.job.artefacts.put_arrays(f"maps/{arm.name}/{name}", {"maps": np.asarray(scores)})

    def kept(self, arm: Arm, sha256: str) -> np.ndarray:
        return self.job.artefacts.array(sha256, "maps")

    def controls(self, arm: Arm, seed: int) -> dict[str, np.ndarray]:
        return {"random_map": _noise(arm.rows, arm.parts, seed), "input_copy": _far(arm.parts)}

    def remade_controls(self, arm: Arm, few: slice, controls: dict[str, Any], seeds: list[int]) -> dict[str, list]:
        noise = [_noise(arm.rows[few], arm.parts[few], seed) for seed in seeds]
        return {"random_map": noise, "input_copy": [controls["input_copy"][few] for _ in seeds]}


def _noise(rows: list[int], parts: Scattered, seed: int) -> np.ndarray:
    return np.stack([np.random.default_rng([seed, row]).standard_normal(parts.values.shape[1]) for row in rows])


def _far(parts: Scattered) -> np.ndarray:
    """How far each point lies from the middle: it ignores the model."""
    return parts.values.norm(dim=2).cpu().numpy()
