"""What a label-fraction study will do, fixed before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..data.dataset import Dataset
from ..engine.seeds import derive
from ..finetune._subsets import nested_subsets
from ..finetune._task import Cell
from ..recipe import Recipe
from ..recipe.arms import UNSEEDED, arms
from ..targets import target
from ..workspace.layout import BadInput
from ._study_store import cell_key

# Below these a study is a quick one, and its sentences say so.
FULL_SUBSETS, FULL_PRETRAININGS = 5, 3
# The share of the labels that the headline speaks of, or the nearest one studied; stated beforehand, so that the most
# flattering fraction cannot be picked afterwards.
HEADLINE = 0.1

AUDITED = ("lpft", "lora", "end_to_end", "linear", "knn")


@dataclass(frozen=True)
class Design:
    """cells: every label subset; labels: N, classes (int64) or numbers (float64), the test rows blanked; target: the
    type of target (backend/targets/), told: what the manifest says of it; train: all training rows, labelled or not;
    val, test: the labelled rows that are validated and tested on; arms: {arm: methods}; audited: the method whose
    models of an arm are explained and audited; subsets: {place: label subsets} (`place`), those of the recipe where a
    place is not named."""

    recipe: Recipe
    cells: tuple[Cell, ...]
    labels: np.ndarray
    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    classes: int
    arms: dict[str, tuple[str, ...]]
    target: str = "class"
    told: dict[str, Any] | None = None
    subsets: Mapping[str, int] = field(default_factory=dict)

    @property
    def fractions(self) -> list[float]:
        return self.recipe.finetune.fractions

    @property
    def quick(self) -> bool:
        plan = self.recipe.finetune
        return plan.subset_seeds < FULL_SUBSETS or plan.pretrain_seeds < FULL_PRETRAININGS

    @property
    def headline(self) -> float:
        return nearest(self.fractions, HEADLINE)

    @property
    def audited_fraction(self) -> float:
        return nearest(self.fractions, self.recipe.fairness.fraction)

    def seeds(self, arm: str) -> tuple[int | None, ...]:
        """Pretraining seeds of an arm; (None,) for an arm that has none."""
        return (None,) if arm in UNSEEDED else tuple(range(self.recipe.finetune.pretrain_seeds))

    def audited(self, arm: str) -> str | None:
        """The method whose models of this arm go on to explanation and audit, fixed before any result."""
        return next((m for m in AUDITED if m in self.arms.get(arm, ())), None)

    @property
    def places(self) -> list[tuple[str, str, float]]:
        """Every arm, method and fraction."""
        return [(arm, method, f) for arm, methods in self.arms.items() for method in methods for f in self.fractions]

    def subsets_at(self, arm: str, method: str, fraction: float) -> int:
        """Label subsets of an arm's method at a fraction."""
        return self.subsets.get(place(arm, method, fraction), self.recipe.finetune.subset_seeds)

    def cells_of(self, arm: str, method: str, fraction: float | None = None) -> tuple[Cell, ...]:
        """The label subsets on which a method of an arm is fitted, of one fraction or of all."""
        counts = {f: self.subsets_at(arm, method, f) for f in self.fractions}
        cells = (c for c in self.cells if c.subset_seed < counts[c.fraction])
        return tuple(c for c in cells if fraction in (None, c.fraction))

    def grid(self, arm: str, method: str, fraction: float) -> list[list[str]]:
        """Keys of the stored cells of a place, subsets x pretrainings; an arm without pretrainings is paired with every
        one."""
        seeds = self.seeds(arm)
        times = self.recipe.finetune.pretrain_seeds if seeds == (None,) else 1
        cells = self.cells_of(arm, method, fraction)
        return [[cell_key(arm, method, cell, seed) for seed in seeds] * times for cell in cells]

    @property
    def models(self) -> int:
        """How many models the study fits."""
        return sum(len(self.seeds(arm)) * self.subsets_at(arm, method, f) for arm, method, f in self.places)

    @property
    def margin(self) -> float:
        """The equivalence margin in the unit of the metric; from training rows alone, so it is fixed beforehand."""
        return self.recipe.finetune.margin * self._scale

    @property
    def precision(self) -> float:
        """The half-width of an interval that is wanted, in the unit of the metric; 0: subsets are counted by hand."""
        return self.recipe.finetune.precision * self._scale

    @property
    def _scale(self) -> float:
        kind, truth = target(self.target), self.labels[self.train]
        return kind.scale(self.recipe.finetune.metric, truth[kind.known(truth)])

    def counted(self) -> dict[str, Any]:
        """What the verdict says of subsets that a plan counted: {place: label subsets}."""
        return {"subsets": {place(*at): self.subsets_at(*at) for at in self.places}} if self.subsets else {}

    def described(self) -> dict[str, Any]:
        """What records of the study say of a target that is no class: `target` of the manifest."""
        return {"target": self.told} if self.told else {}

    def counts(self) -> dict[str, int]:
        """{fraction: labels}, of the first subset seed (subsets of whole groups differ by a few)."""
        return {f"{c.fraction:g}": len(c.rows) for c in self.cells if c.subset_seed == 0}


def place(arm: str, method: str, fraction: float) -> str:
    """ARM/METHOD/FRACTION, how records name it."""
    return f"{arm}/{method}/{fraction:g}"


def nearest(fractions: list[float], wanted: float) -> float:
    """The fraction nearest to `wanted` on the log scale, the larger of two equally near."""
    return min(sorted(fractions, reverse=True), key=lambda f: abs(math.log(f / wanted)))


def at_most(rows: np.ndarray, most: int, seed: int) -> np.ndarray:
    """`most` of the rows, drawn by the seed, ascending; all of them where `most` is 0 or larger."""
    if not most or most >= len(rows):
        return rows
    return np.sort(np.random.default_rng(derive("max_validation", seed)).choice(rows, most, replace=False))


def make_design(recipe: Recipe, dataset: Dataset) -> Design | None:
    """The study of this recipe on this data; None where the data set has nothing to predict.

    Raises BadInput where the splits cannot carry a study.
    """
    kind, labels = target(dataset.target), dataset.truth.copy()
    if not kind.usable(dataset.manifest, labels):
        return None
    there = kind.known(labels)
    rows = {split: dataset.rows(split) for split in ("train", "val", "test")}
    known = {split: r[there[r]] for split, r in rows.items()}
    for split, found in known.items():
        if len(found) < 2:
            raise BadInput(
                f"study: data set {dataset.name}: expected labelled rows in split {split}, found {len(found)}"
            )
    known["val"] = at_most(known["val"], recipe.finetune.max_validation, recipe.seed)
    if said := kind.monotonous(labels[known["val"]]):
        raise BadInput(f"study: data set {dataset.name}: {said.format(split='the validation split')}")
    # No method can peek at what is not there.
    labels[rows["test"]] = kind.UNKNOWN
    plan = recipe.finetune
    cells = _cells(recipe, dataset, labels, rows["train"], plan.subset_seeds)
    return Design(
        recipe,
        cells,
        labels,
        rows["train"],
        known["val"],
        known["test"],
        len(dataset.classes),
        arms(plan, dataset.kind, dataset.target),
        dataset.target,
        dataset.manifest.get("target"),
    )


def _cells(recipe: Recipe, dataset: Dataset, labels: np.ndarray, train: np.ndarray, count: int) -> tuple[Cell, ...]:
    """`count` label subsets of every fraction; the first ones are the same whatever their number."""
    groups = dataset.table["group"].to_numpy()[train] if dataset.manifest.get("group") else None
    cells, strata = [], target(dataset.target).strata(labels[train])
    for seed in range(count):
        subsets = nested_subsets(strata, recipe.finetune.fractions, seed, groups)
        cells += [Cell(fraction, seed, train[taken]) for fraction, taken in subsets.items()]
    return tuple(sorted(cells, key=lambda c: (c.fraction, c.subset_seed)))


def sized(design: Design, dataset: Dataset, subsets: Mapping[str, int]) -> Design:
    """The same study with as many label subsets at each place as `subsets` says."""
    most = max([*subsets.values(), design.recipe.finetune.subset_seeds])
    return replace(design, cells=_cells(design.recipe, dataset, design.labels, design.train, most), subsets=subsets)


def started(design: Design, image_passes: int) -> dict[str, Any]:
    """Body of `study.started`: everything that the verdict will be held to."""
    plan = design.recipe.finetune
    return {
        "fractions": design.fractions,
        "counts": design.counts(),
        "arms": list(design.arms),
        "methods": list(plan.methods),
        "subset_seeds": plan.subset_seeds,
        "pretrain_seeds": plan.pretrain_seeds,
        "metric": plan.metric,
        "margin": design.margin,
        "class_weights": plan.metric in target(design.target).WEIGHTED,
        "loss": plan.loss,
        "quick": design.quick,
        "headline_fraction": design.headline,
        "budget": {"image_passes": image_passes, "max_steps": plan.max_steps or None},
        "models": design.models,
        "validation_rows": len(design.val),
        **design.described(),
    }
