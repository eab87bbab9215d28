"""Explaining classifiers of windows: every method scores every step of every channel, and pieces are tested."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ....attribution._answers import answered
from ....attribution._base import Maps
from ....attribution._windows import Pieces, logits
from ....engine.weights import load_classifier
from ....modality.series.stored import Series
from ....workspace.artefacts import Artefact
from ..._examples import Arm, choose_rows, known_rows
from .._explaining import Explaining as Base

MOST_READ = 20_000  # test windows among which the explained ones are chosen


class Explaining(Base):
    @torch.no_grad()
    def prepare(self, arm: str, sha256: str, rows: list[int] | None) -> Arm:
        job = self.job
        model = load_classifier(job.artefacts, sha256).to(job.torch_device)
        if rows is None:
            known = known_rows(job.dataset)
            if len(known) > MOST_READ:
                known = np.sort(np.random.default_rng(job.recipe.seed).choice(known, MOST_READ, replace=False))
            said = answered(model, logits(model, self._values(known)))
            rows = choose_rows(job.dataset, known, said, job.recipe.attribution.examples, job.recipe.seed)
        parts = Pieces(self._values(rows))
        said, true = answered(model, logits(model, parts.values)), job.dataset.true_of(rows)
        return Arm(arm, model, parts, rows, true, said.predicted, said.probability, index=said.index.tolist())

    def _values(self, rows: Any) -> torch.Tensor:
        series = Series(self.job.artefacts, self.job.dataset.manifest)
        return torch.from_numpy(series.cut(rows)).to(self.job.torch_device)

    def store(self, arm: Arm, name: str, scores: np.ndarray) -> Artefact:
        """float32 n x (C x pieces), as `channels` and `pieces` of the event tell."""
        return self.job.artefacts.put_arrays(f"maps/{arm.name}/{name}", {"maps": np.asarray(scores, dtype=np.float32)})

    def kept(self, arm: Arm, sha256: str) -> np.ndarray:
        return self.job.artefacts.array(sha256, "maps")

    def controls(self, arm: Arm, seed: int) -> dict[str, np.ndarray]:
        return control_scores(arm.parts, arm.rows, seed)

    def remade_controls(self, arm: Arm, few: slice, controls: dict[str, Any], seeds: list[int]) -> dict[str, list]:
        noise = [random_scores(arm.parts[few], arm.rows[few], seed) for seed in seeds]
        return {"random_scores": noise, "distance_from_mean": [controls["distance_from_mean"][few] for _ in seeds]}

    def told(self, arm: Arm, scores: Any) -> dict[str, Any]:
        return {**super().told(arm, scores), **described(arm.parts, self.job.dataset.manifest, self.job.artefacts)}

    def told_of_controls(self, arm: Arm, controls: dict[str, Any]) -> dict[str, Any]:
        told = super().told_of_controls(arm, controls)
        return {**told, **described(arm.parts, self.job.dataset.manifest, self.job.artefacts)}


def described(parts: Pieces, manifest: dict[str, Any], artefacts: Any) -> dict[str, Any]:
    """What events say of the scores: the names of the channels, pieces of each, and the piece of each step."""
    names = [one["name"] for one in Series(artefacts, manifest).channels]
    return {"channels": names, "pieces": parts.each, "piece": parts.piece.tolist()}


def control_scores(parts: Pieces, rows: list[int], seed: int) -> dict[str, np.ndarray]:
    """The two controls, a score a piece."""
    return {"random_scores": random_scores(parts, rows, seed), "distance_from_mean": distance(parts)}


def random_scores(parts: Pieces, rows: list[int], seed: int) -> np.ndarray:
    """Noise that depends on the row and the seed alone."""
    return np.stack([np.random.default_rng([seed, row]).standard_normal(parts.channels * parts.each) for row in rows])


def distance(parts: Pieces) -> np.ndarray:
    """How far each piece lies from its channel's training mean, which ignores the model."""
    return parts.scores(Maps(torch.nan_to_num(parts.values).abs().cpu()))
