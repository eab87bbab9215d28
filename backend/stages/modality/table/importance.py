"""How much worse the network and boosted trees get when a column is shuffled: permutation importance of both.

Breiman (2001), Machine Learning 45:5; of whole columns of the source, on the test rows whose truth is known. Both
models see the same shuffled rows, so that what they rest on can be compared; nothing is read out of the trees. A column
that others can replace looks unimportant, to both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ....data.dataset import Dataset
from ....encoders._table import Records
from ....finetune._raw import columns as columns_of
from ....finetune._task import Cell, Task
from ....finetune._trees import rows_of, tuned
from ....finetune.tuned_boosting import Histogram, Params
from ....modality.table.features import columns
from ....statistics.proportions import z_score
from ....targets import target

REPEATS = 5
MOST_TEST, MOST_TRAIN = 2_000, 100_000  # rows
MOST_COLUMNS = 64  # those that the network rests on most

Outputs = Callable[[np.ndarray], np.ndarray]  # float32 n x F -> n x K probabilities, or numbers n x 1


@dataclass(frozen=True)
class Importance:
    """value: float64 C, how much worse the metric gets (above 0: worse); low, high: its 95 % interval over rows and
    shuffles; score: the metric on the rows as they are."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    score: float

    def as_dict(self) -> dict[str, Any]:
        each = zip(self.value.tolist(), self.low.tolist(), self.high.tolist(), strict=True)
        return {"score": self.score, "columns": [dict(zip(("value", "low", "high"), one, strict=True)) for one in each]}


def shuffled(
    models: dict[str, Outputs],
    values: np.ndarray,
    parts: list[list[int]],
    score: Callable[[np.ndarray], Any],
    sign: int,
    seed: int,
    check_stop: Callable[[], None] = lambda: None,
) -> dict[str, Importance] | None:
    """Permutation importance of every model. parts: the features of each column; score(outputs) -> contributions of
    the rows whose mean is the metric, None where it cannot be computed (then there is none); sign: -1 of an error.

    The variance is that of a mean over rows plus that of a mean over shuffles.
    """
    rng = np.random.default_rng(seed)
    whole = {name: score(outputs(values)) for name, outputs in models.items()}
    if any(one is None for one in whole.values()):
        return None
    found = {name: [] for name in models}
    for features in parts:
        check_stop()
        lost = {name: [] for name in models}
        for _ in range(REPEATS):
            mixed = values.copy()
            mixed[:, features] = values[rng.permutation(len(values))][:, features]
            for name, outputs in models.items():
                lost[name].append(sign * (whole[name] - score(outputs(mixed))))
        for name, rows in lost.items():
            each = np.array(rows)  # repeats x N
            error = each.mean(axis=0).var(ddof=1) / each.shape[1] + each.mean(axis=1).var(ddof=1) / REPEATS
            found[name].append((each.mean(), z_score(0.95) * np.sqrt(error)))
    told = {}
    for name, one in found.items():
        mean, half = np.array(one).reshape(-1, 2).T
        told[name] = Importance(mean, mean - half, mean + half, float(whole[name].mean()))
    return told


def boosted(
    dataset: Dataset, described: Sequence[dict[str, Any]], metric: str, seed: int, check_stop: Callable[[], None]
) -> tuple[Outputs, int] | None:
    """Boosted trees on the raw columns with all labels, tuned as those of the study
    (backend/finetune/tuned_boosting.py), and how many trees there are; None where all labels are of one class."""
    kind, labels = target(dataset.target), dataset.truth.copy()
    labels[dataset.rows("test")] = kind.UNKNOWN
    train, val = (_known(dataset, split) for split in ("train", "val"))
    if len(train) > MOST_TRAIN:
        train = np.sort(np.random.default_rng(seed).choice(train, MOST_TRAIN, replace=False))
    source, cell = dataset.manifest["records"], Cell(1.0, 0, train)
    values = Records(dataset.artefacts.mapped(source["sha256"], source["key"]), described)
    task = Task(
        (cell,), (cell,), labels, train, val, _known(dataset, "test"), len(dataset.classes), metric, values,
        torch.device("cpu"), target=dataset.target, check_stop=check_stop,
    )  # fmt: skip
    table = columns_of(task, "permutation importance")
    rows = rows_of(task, train, table)
    if rows.alone:
        return None
    found = tuned(task, cell, rows, rows_of(task, val, table), Histogram, Params())
    return (lambda given: found.said(task, given)), found.trees


def test_rows(dataset: Dataset, seed: int) -> np.ndarray:
    """The test rows on which columns are shuffled, int64, ascending."""
    rows = _known(dataset, "test")
    return rows if len(rows) <= MOST_TEST else np.sort(np.random.default_rng(seed).choice(rows, MOST_TEST, False))


def parts_of(described: tuple[dict[str, Any], ...], importance: np.ndarray) -> dict[str, list[int]]:
    """{column: its features}, at most MOST_COLUMNS, in the source's order; importance: float C, which to keep."""
    every = columns(described)
    kept = set(np.argsort(-importance, kind="stable")[:MOST_COLUMNS].tolist())
    return {name: features for i, (name, features) in enumerate(every.items()) if i in kept}


def _known(dataset: Dataset, split: str) -> np.ndarray:
    rows = dataset.rows(split)
    return rows[target(dataset.target).known(dataset.truth[rows])]
