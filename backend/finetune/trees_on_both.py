"""Boosted trees on the raw columns of a table and the frozen embedding beside them, tuned on validation.

A readout: the trees decide column by column whether the embedding knows more than the data. Settings and budget are
those of `lightgbm_boosting`, so that the two differ in nothing but what the trees may see. On sequences of bank
transactions this is how frozen embeddings are used best (Babaev et al. 2022, arXiv 2002.08232).
"""

from __future__ import annotations

from collections.abc import Iterator

from ._lightgbm import Gradient
from ._task import Prediction, Task
from ._trees import Search, boosted

TITLE = "boosted trees on columns and embedding"
WITHOUT = ("tuned_boosting", "lightgbm_boosting", "pseudo_label_boosting")
KINDS = ("table",)
TARGETS = ("class", "event", "number")


class Params(Search):
    pass


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the setting and the number of trees. Raises ValueError
    without features."""
    if task.features is None:
        raise ValueError("trees on both: expected features, found none")
    yield from boosted(task, params, Gradient, "trees on both", task.features)
