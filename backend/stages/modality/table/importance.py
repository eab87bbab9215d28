"""How much worse the network and boosted trees get when a column is shuffled: permutation importance of both.

Breiman (2001), Machine Learning 45:5; of whole columns of the source, on the test rows whose truth is known. Both
models see the same shuffled rows, so that what they rest on can be compared; nothing is read out of the trees. A column
that others can replace looks unimportant, to both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from ....data.dataset import Dataset
from ....finetune._classical import over_all_classes
from ....modality.table.features import columns
from ....statistics.proportions import z_score
from ....targets import target
from .background import records_of

REPEATS = 5
MOST_TEST, MOST_TRAIN = 2_000, 100_000  # rows
MOST_COLUMNS = 64  # those that the network rests on most
CODES = 250  # of a category, the most frequent; the trees count the others as one
TREES, RATE, LEAF = 200, 0.1, 20

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


def boosted(dataset: Dataset, described: tuple[dict[str, Any], ...], metric: str, seed: int) -> tuple[Outputs, int]:
    """Gradient-boosted trees on the raw columns with all labels, and how many trees suit validation best; the settings
    are not tuned, which the study's rivals are."""
    kind = target(dataset.target)
    train, val = (_known(dataset, split) for split in ("train", "val"))
    if len(train) > MOST_TRAIN:
        train = np.sort(np.random.default_rng(seed).choice(train, MOST_TRAIN, replace=False))
    number, truth = dataset.target == "number", dataset.truth
    category = np.array([one["kind"] == "category" for one in described])
    settings = {
        "learning_rate": RATE,
        "min_samples_leaf": min(LEAF, max(1, len(train) // 10)),
        "categorical_features": category,
        "early_stopping": False,
        "random_state": 0,
    }
    made = HistGradientBoostingRegressor if number else HistGradientBoostingClassifier
    weights = None
    if metric in kind.WEIGHTED:
        _, which, counts = np.unique(truth[train], return_inverse=True, return_counts=True)
        weights = (len(train) / (len(counts) * counts))[which]
    seen = _seen(records_of(dataset, train), category)

    def fitted(trees: int):
        return made(**settings, max_iter=trees).fit(seen, truth[train], sample_weight=weights)

    def final(given: np.ndarray) -> np.ndarray:
        return given[:, None] if number else over_all_classes(given, np.unique(truth[train]), len(dataset.classes))

    first, sign = fitted(TREES), kind.METRICS[metric].sign
    checked = _seen(records_of(dataset, val), category)
    stages = first.staged_predict(checked) if number else first.staged_predict_proba(checked)
    known = [kind.contributions(metric, truth[val], final(one)) for one in stages]
    best = int(np.argmax([-np.inf if one is None else sign * float(one.mean()) for one in known])) + 1
    model = fitted(best)  # the first trees of the same boosting

    def outputs(values: np.ndarray) -> np.ndarray:
        given = _seen(values, category)
        return final(model.predict(given) if number else model.predict_proba(given))

    return outputs, best


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


def _seen(values: np.ndarray, category: np.ndarray) -> np.ndarray:
    """As the trees read them: of a category at most CODES values."""
    out = np.array(values, dtype=np.float32)
    out[:, category] = np.where(out[:, category] >= CODES, 0, out[:, category])
    return out
