"""What a fine-tuning method is given and what it gives back.

A method is one file of this folder with `Params` and

    fit(task, params) -> iterator of Prediction, one for every cell of `task.wanted`, in any order

and, where it takes other targets than classes, `TARGETS`: the types of backend/targets/ that it takes.

A cell is one label subset of one arm; a task holds all cells of one arm that start from one pretraining seed. A
method fits each cell on `cell.rows`, picks every hyper-parameter on the validation rows (`task.pick`), and
predicts the validation and test rows. It cannot peek: the labels of the test rows are blanked (-1) before it
is called. Where the metric is balanced accuracy it weighs classes alike (`task.row_weights`) or lets validation
choose, as every other arm does: an arm that may not would lose to one that may. A method that fits all cells
together does so for `task.cells`, whatever is wanted, so that a study that was killed and resumed computes the very
same numbers. It calls `task.check_stop()` between cells or steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..encoders._examples import Examples
from ..engine import targets as learned
from ..engine.supervised import Augmentation
from ..targets import target

# Learning rates of small convolutional and dense networks, tried where a recipe names none; validation chooses. The
# grid of `end_to_end` serves a fresh network as well as a pretrained one, so that the supervised baseline is as free.
RATES = {"end_to_end": (1e-3, 4e-3), "lpft": (2e-4, 1e-3)}
TUNING_STEPS = 120  # of fine-tuning at most, where a recipe names none


@dataclass(frozen=True)
class Cell:
    """One label subset: its fraction, its subset seed and its rows of the data set (int64, ascending)."""

    fraction: float
    subset_seed: int
    rows: np.ndarray = field(compare=False, repr=False)


@dataclass(frozen=True)
class Prediction:
    """What one fitted cell says of the rows, float32 rows x K (class probabilities) or rows x 1 (numbers), and what
    validation chose; the classifier where one was made."""

    cell: Cell
    val: np.ndarray
    test: np.ndarray
    chosen: dict[str, Any]
    classifier: nn.Module | None = None


@dataclass(frozen=True)
class Task:
    """One arm from one pretraining seed.

    labels: N, classes (int64) or numbers (float64), unknown (-1 or NaN) where missing and for every test row
    target: the type of target (backend/targets/); classes: how many, 0 where there are none; metric: of that target
    train, val, test: int64 rows, ascending: all training rows, labelled or not (those of every cell lie among them),
    and the labelled rows that the study validates and tests on; what is in none of them must influence nothing
    inputs: all rows, on the device; texts: as read,
    None for images; features: float32 N x d there, None where the arm has none
    encoder: gives a fresh copy of the arm's encoder, None where the arm has none; safe to call from threads
    loss: of networks that learn classes (`finetune.loss` of the recipe)
    augmentation: of the training examples, None for plain ones
    rates: {method: learning rates tried where a recipe names none}; tuning_steps: of fine-tuning at most, likewise
    passes: over the labelled rows, at most, of a fresh network; 0: no such cap
    image_passes: cap on training images seen, repeats counted (equal compute); max_steps: cap on steps, 0 for none
    batch_size: the largest batch; seed: pretraining (or initialisation) seed
    settled: {fraction: what validation chose in an earlier cell of this arm at this fraction}
    shared: what methods of this arm and seed keep for one another, None where nothing is kept
    """

    cells: tuple[Cell, ...]
    wanted: tuple[Cell, ...]
    labels: np.ndarray
    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    classes: int
    metric: str
    inputs: Examples
    device: torch.device
    features: Tensor | None = None
    texts: list[str] | None = None
    encoder: Callable[[], nn.Module] | None = None
    target: str = "class"
    loss: str = "cross_entropy"
    augmentation: Augmentation | None = None
    rates: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: RATES)
    tuning_steps: int = TUNING_STEPS
    passes: int = 0
    image_passes: int = 0
    max_steps: int = 0
    batch_size: int = 256
    seed: int = 0
    settled: dict[float, dict[str, Any]] = field(default_factory=dict)
    shared: dict[str, Any] | None = None
    check_stop: Callable[[], None] = lambda: None

    @property
    def val_labels(self) -> np.ndarray:
        return self.labels[self.val]

    def learning(self, rows: np.ndarray) -> learned.Learning:
        """How a network that is trained on these rows learns the target."""
        return learned.of(self.target).learning(self.labels[rows], self.classes, self.loss)

    def value(self, outputs: np.ndarray, labels: np.ndarray) -> float:
        """The study's metric, turned so that higher is better; below every real value where it cannot be computed."""
        kind = target(self.target)
        values = kind.contributions(self.metric, labels, outputs)
        return -np.inf if values is None else kind.METRICS[self.metric].sign * float(values.mean())

    def quality(self, outputs: np.ndarray) -> tuple[float, float]:
        """How good validation outputs (V x K) are: the metric, then the likelihood; higher is better."""
        likelihood = target(self.target).likelihood(self.val_labels, outputs)
        return self.value(outputs, self.val_labels), likelihood

    def pick(self, candidates: list[np.ndarray]) -> int:
        """Index of the best validation outputs (V x K each) by their quality; first of equals."""
        return max(range(len(candidates)), key=lambda i: (self.quality(candidates[i]), -i))

    @property
    def weighted(self) -> bool:
        """Whether losses that weigh classes alike suit the metric: those that weigh rows alike aim at accuracy, and on
        unequally frequent classes another threshold is best for balanced accuracy (Menon et al. 2013)."""
        return self.metric in target(self.target).WEIGHTED

    @property
    def balanced(self) -> bool:
        """Whether the losses of networks weigh classes alike: where the metric asks for it, or the recipe."""
        return self.weighted or self.loss == "balanced"

    @property
    def weightings(self) -> tuple[bool, ...]:
        """What a method that can afford it tries: rows that weigh alike, and classes, where that suits the metric."""
        return (False, True) if self.weighted else (False,)

    def row_weights(self, rows: np.ndarray, weighted: bool = True) -> np.ndarray:
        """What each labelled row weighs in a loss, float32, mean 1: alike, or so that classes weigh alike."""
        if not weighted:
            return np.ones(len(rows), dtype=np.float32)
        _, which, counts = np.unique(self.labels[rows], return_inverse=True, return_counts=True)
        return (len(rows) / (len(counts) * counts))[which].astype(np.float32)

    def floats(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).to(self.device)

    def index(self, rows: np.ndarray) -> Tensor:
        """Row numbers (or labels) as an int64 tensor on the device."""
        return torch.as_tensor(rows, dtype=torch.int64, device=self.device)


def fit_once(task: Task, work: Callable[[Cell], Prediction]) -> Iterator[Prediction]:
    """`work` on every wanted cell, once for cells of the same rows: all subsets of 100 % are. For methods that draw
    nothing."""
    last: tuple[np.ndarray, Prediction] | None = None
    for cell in task.wanted:
        task.check_stop()
        if last is None or not np.array_equal(last[0], cell.rows):
            last = cell.rows, work(cell)
        yield replace(last[1], cell=cell)
