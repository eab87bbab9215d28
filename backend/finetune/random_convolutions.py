"""Random convolutions of the raw series and a ridge classifier (MiniRocket type); nothing is pretrained.

Dempster, Schmidt & Webb 2021, "MiniRocket", arXiv 2012.08791; the features: _convolutions.py. On the UCR archive this
is the rival that pretraining most often loses to. Where rows are many, features are fewer (`numbers`). The penalty, and
the steepness by which scores become probabilities, are picked on validation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from pydantic import Field
from scipy.special import softmax
from torch import Tensor

from ..engine.seeds import derive
from ..registry import Strict
from ._classical import one_class_only, over_all_classes
from ._convolutions import LENGTH, TRIPLES, drawn, transform
from ._raw import fit_limited, windows
from ._ridge import ridge
from ._task import Cell, Prediction, Task
from ._window_statistics import carried

TITLE = "random convolutions"
RIVAL = True
KINDS = ("series",)
TARGETS = ("class", "event", "number")
LOOKED_AT = 4_096  # training windows, at most, that biases and scales come from
READ = 1_024  # windows that are read at a time
# Of the softmax of scores, whose classes lie at -1 and 1; steeper, sure windows would all have the same probability.
STEEP = tuple(2.0**power for power in range(-2, 3))


class Params(Strict):
    features: int = Field(9_996, ge=84, le=100_000, description="Features at most, a multiple of 84")
    numbers: int = Field(20_000_000, ge=10_000, description="Features of all rows together at most")
    penalties: tuple[float, ...] = Field(
        (1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0),
        description="Of the mean loss of a row, a feature; the best on validation is used",
        min_length=1,
    )


@dataclass(frozen=True)
class Features:
    """values: float32 of the rows that are used, standardised; places: int64 N, where a row of the data set lies."""

    values: Tensor
    places: np.ndarray

    def of(self, rows: np.ndarray) -> Tensor:
        return self.values[torch.from_numpy(self.places[rows]).to(self.values.device)]

    @property
    def count(self) -> int:
        return self.values.shape[1]


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen`: penalty, features, of classes balanced and steepness."""
    found = features(task, params)
    one = _number if task.target == "number" else _classes
    yield from fit_limited(task, lambda cell: one(task, cell, found, params))


@torch.no_grad()
def features(task: Task, params: Params) -> Features:
    """Of every row that is fitted or predicted. Biases, means and deviations come from training windows."""
    examples = windows(task, "random convolutions")
    used = np.unique(np.concatenate([task.val, task.test, *(cell.rows for cell in task.cells)]))
    count = min(params.features, max(1, params.numbers // len(used) // len(TRIPLES)) * len(TRIPLES))
    seed = derive("convolutions", task.seed)
    few = task.train
    if len(few) > LOOKED_AT:
        few = np.sort(np.random.default_rng(seed).choice(few, LOOKED_AT, replace=False))

    def read(rows: np.ndarray) -> Iterator[Tensor]:
        for start in range(0, len(rows), READ):
            task.check_stop()
            yield lengthened(carried(examples[rows[start : start + READ]].to(task.device).input))

    pairs = drawn(torch.cat(list(read(few))), count, seed)
    values = torch.cat([transform(part, pairs) for part in read(used)])
    places = np.full(len(task.labels), -1, dtype=np.int64)
    places[used] = np.arange(len(used))
    known = values[torch.from_numpy(places[np.intersect1d(few, used)]).to(values.device)]
    mean, deviation = known.mean(0), known.std(0, correction=0)
    values -= mean
    values /= torch.where(deviation > 1e-6, deviation, 1.0)
    return Features(values, places)


def lengthened(x: Tensor) -> Tensor:
    """As long as a kernel at least: shorter windows stand at their first reading before. x: n x C x L"""
    return torch.nn.functional.pad(x, (max(0, LENGTH - x.shape[-1]), 0), mode="replicate")


def _classes(task: Task, cell: Cell, found: Features, params: Params) -> Prediction:
    labels = task.labels[cell.rows]
    present = np.unique(labels)
    if len(present) < 2:
        return one_class_only(task, cell, present[0], {"penalty": None})
    x, y = found.of(cell.rows).double(), np.where(labels[:, None] == present, 1.0, -1.0)
    best: Prediction | None = None
    for balanced in task.weightings:
        weights = task.row_weights(cell.rows, balanced)
        for penalty, scored in _solved(task, x, y, weights, found, params):
            val, test = scored
            said = {s: over_all_classes(softmax(s * val, axis=1), present, task.classes) for s in STEEP}
            # the order of the windows does not depend on it, so that likelihood alone chooses
            steep = max(said, key=lambda s: task.quality(said[s])[1])
            if best is None or task.pick([best.val, said[steep]]) == 1:
                answer = over_all_classes(softmax(steep * test, axis=1), present, task.classes)
                chosen = {"penalty": penalty, "features": found.count, "balanced": balanced, "steepness": steep}
                best = Prediction(cell, said[steep], answer, chosen)
    return best


def _number(task: Task, cell: Cell, found: Features, params: Params) -> Prediction:
    """On the number standardised by the cell's rows."""
    truth = np.asarray(task.labels[cell.rows], np.float64)
    level, spread = truth.mean(), truth.std() or 1.0
    x, weights = found.of(cell.rows).double(), task.row_weights(cell.rows, False)
    best: Prediction | None = None
    for penalty, scored in _solved(task, x, (truth[:, None] - level) / spread, weights, found, params):
        told, answer = ((level + spread * one).astype(np.float32) for one in scored)
        if best is None or task.pick([best.val, told]) == 1:
            best = Prediction(cell, told, answer, {"penalty": penalty, "features": found.count})
    return best


def _solved(
    task: Task, x: Tensor, y: np.ndarray, weights: np.ndarray, found: Features, params: Params
) -> Iterator[tuple[float, tuple[np.ndarray, np.ndarray]]]:
    """(penalty, scores of the validation and test rows, float64 rows x K) for each penalty."""
    truth, weighed = task.floats(y), task.floats(weights).double()
    centre, level = ((weighed[:, None] * one).mean(0) for one in (x, truth))
    scaled = [penalty * found.count for penalty in params.penalties]  # means the same for any number of features
    for penalty, w in zip(params.penalties, ridge(x, truth, scaled, weighed), strict=True):
        task.check_stop()
        yield (
            penalty,
            tuple(((found.of(rows).double() - centre) @ w + level).cpu().numpy() for rows in (task.val, task.test)),
        )
