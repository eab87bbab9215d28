"""Explaining classifiers of tables: every method scores every feature, and its columns are tested."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import torch

from ....attribution._answers import Answered, answered
from ....attribution._table import MOST_FEATURES, Rows, logits
from ....engine.targets import of
from ....engine.weights import load_classifier, read_spec
from ....modality.table.features import columns
from ....targets import target
from ....workspace.artefacts import Artefact
from ..._examples import Arm, choose_rows, known_rows
from .._explaining import Explaining as Base
from .background import Background, background, records_of
from .importance import REPEATS, Outputs, boosted, parts_of, shuffled, test_rows

MOST_READ = 20_000  # test rows among which the explained ones are chosen
SAMPLED = ("kernel_shap", "shapley_values")  # ask about sets of features: not of very many


class Explaining(Base):
    @cached_property
    def _background(self) -> Background:
        return background(self.job.dataset)

    def prepare(self, arm: str, sha256: str, rows: list[int] | None) -> Arm:
        job = self.job
        model = load_classifier(job.artefacts, sha256).to(job.torch_device)
        if rows is None:
            known = known_rows(job.dataset)
            if len(known) > MOST_READ:
                known = np.sort(np.random.default_rng(job.recipe.seed).choice(known, MOST_READ, replace=False))
            said = self._said(model, known)
            rows = choose_rows(job.dataset, known, said, job.recipe.attribution.examples, job.recipe.seed)
        parts = rows_of(
            self._background, records_of(job.dataset, rows), job.torch_device, read_spec(job.artefacts, sha256)
        )
        said = answered(model, logits(model, parts.values))
        true, index = job.dataset.true_of(rows), said.index.tolist()
        return Arm(arm, model, parts, rows, true, said.predicted, said.probability, index=index)

    def _said(self, model: torch.nn.Module, rows: np.ndarray) -> Answered:
        values = torch.from_numpy(records_of(self.job.dataset, rows)).to(self.job.torch_device)
        return answered(model, logits(model, values))

    def explain(self, arm: Arm, name: str) -> None:
        if name not in left_out([name], arm.parts):
            super().explain(arm, name)

    def judge(self, arm: Arm, names: list[str], done: int, total: int) -> None:
        gone = left_out(names, arm.parts)
        super().judge(arm, [name for name in names if name not in gone], done, total)

    def store(self, arm: Arm, name: str, scores: Any) -> Artefact:
        """float32 n x C, a column of the source each, as `columns` of the event names them."""
        return self.job.artefacts.put_arrays(f"maps/{arm.name}/{name}", {"maps": np.asarray(scores, dtype=np.float32)})

    def kept(self, arm: Arm, sha256: str) -> list[np.ndarray]:
        return list(self.job.artefacts.array(sha256, "maps"))

    def controls(self, arm: Arm, seed: int) -> dict[str, list[np.ndarray]]:
        return control_scores(arm.parts, arm.rows, seed)

    def remade_controls(self, arm: Arm, few: slice, controls: dict[str, Any], seeds: list[int]) -> dict[str, list]:
        noise = [random_scores(arm.parts[few], arm.rows[few], seed) for seed in seeds]
        return {
            "random_scores": noise,
            "distance_from_typical": [controls["distance_from_typical"][few] for _ in seeds],
        }

    def told(self, arm: Arm, scores: Any) -> dict[str, Any]:
        return {**super().told(arm, scores), **described(arm.parts, self._background)}

    def told_of_controls(self, arm: Arm, controls: dict[str, Any]) -> dict[str, Any]:
        told = super().told_of_controls(arm, controls) | described(arm.parts, self._background)
        told |= {"left_out": left_out(self.job.recipe.attribution.methods, arm.parts)}
        return {**told, "importance": self._importance(arm)}

    @cached_property
    def _trees(self) -> tuple[Outputs, int] | None:
        job, recipe = self.job, self.job.recipe
        return boosted(job.dataset, self._background.described, recipe.finetune.metric, recipe.seed, job.check_stop)

    def _importance(self, arm: Arm) -> dict[str, Any] | None:
        """Permutation importance of this network and of boosted trees; None where the metric cannot be computed."""
        job, parts = self.job, arm.parts
        metric, kind = job.recipe.finetune.metric, target(job.dataset.target)
        rows = test_rows(job.dataset, job.recipe.seed)
        values, truth = records_of(job.dataset, rows), job.dataset.truth[rows]
        job.report(0, 1, "columns", f"{arm.name}: boosted trees for comparison")
        if self._trees is None:
            return None
        trees, count = self._trees

        def network(given: np.ndarray) -> np.ndarray:
            answers = logits(arm.model, torch.from_numpy(given).to(parts.device))
            return of(arm.model.target).final(answers.double()).cpu().numpy()

        first = next(iter(job.recipe.attribution.methods))
        event = job.events.seen("attribution", f"{arm.name}/{first}")
        rests = (
            np.abs(self.kept(arm, event["subjects"][0]["sha256"])).mean(axis=0) if event else np.zeros(len(parts.names))
        )
        chosen = parts_of(parts.described, rests)
        found = shuffled(
            {"network": network, "boosting": trees},
            values,
            list(chosen.values()),
            lambda outputs: kind.contributions(metric, truth, outputs),
            kind.METRICS[metric].sign,
            job.recipe.seed,
            job.check_stop,
        )
        if found is None:
            return None
        told = {"metric": metric, "rows": len(rows), "repeats": REPEATS, "columns": list(chosen), "trees": count}
        return told | {name: one.as_dict() for name, one in found.items()}


def rows_of(known: Background, values: np.ndarray, device: torch.device, spec: dict[str, Any] | None = None) -> Rows:
    """float32 N x F as attribution takes them."""
    there, bare, base = (torch.from_numpy(one).to(device) for one in (values, known.typical, known.values))
    return Rows(there, known.described, bare, known.groups, spec, base)


def described(parts: Rows, known: Background) -> dict[str, Any]:
    """What events say of the scores: the column of each, the rows from whose mean answer they are measured, the typical
    value of every feature (as stored, null where missing), and the columns that are taken away together."""
    names, of_feature = parts.names, parts.column_of
    groups = [sorted({names[of_feature[i]] for i in group}) for group in parts.groups]
    bare = [None if value != value else value for value in parts.typical.tolist()]
    return {
        "columns": names,
        "background": list(known.base),
        "typical": bare,
        "together": [group for group in groups if len(group) > 1],
    }


def left_out(names: list[str], parts: Rows) -> dict[str, str]:
    """{method: why it is not run}: sampling methods on very many features."""
    why = f"it asks about sets of features, of which there are {parts.features:,}: at most {MOST_FEATURES} are taken"
    return {name: why for name in names if name in SAMPLED and parts.features > MOST_FEATURES}


def control_scores(parts: Rows, rows: list[int], seed: int) -> dict[str, list[np.ndarray]]:
    """The two controls, a score a column."""
    return {"random_scores": random_scores(parts, rows, seed), "distance_from_typical": distance(parts)}


def random_scores(parts: Rows, rows: list[int], seed: int) -> list[np.ndarray]:
    """Noise that depends on the row and the seed alone."""
    return [np.random.default_rng([seed, row]).standard_normal(len(parts.names)) for row in rows]


def distance(parts: Rows) -> list[np.ndarray]:
    """How far each column lies from the typical row, which ignores the model: of numbers in standard deviations, of
    categories and of missing values 1 where they differ; summed over a column's features."""
    values, bare = parts.values.double().cpu().numpy(), parts.typical.double().cpu().numpy()
    apart = np.abs(values - bare)
    category = np.array([one["kind"] == "category" for one in parts.described])
    other = np.where(np.isnan(values) | np.isnan(bare), np.isnan(values) != np.isnan(bare), values != bare)
    far = np.where(category | np.isnan(apart), other, apart)
    found = np.zeros((len(values), len(parts.names)))
    for place, features in enumerate(columns(parts.described).values()):
        found[:, place] = far[:, features].sum(axis=1)
    return list(found)
