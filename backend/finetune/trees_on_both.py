"""Boosted trees on the raw columns and the frozen embedding beside them, tuned on validation.

A readout: the trees decide column by column whether the embedding knows more than the data. Settings and budget are
those of `lightgbm_boosting`, so that the two differ in nothing but what the trees may see. On sequences of bank
transactions this is how frozen embeddings are used best (Babaev et al. 2022, arXiv 2002.08232).

Trees split along axes and slow down with every column, so they see the embedding's principal components over the
training rows (which takes no label), as many as hold nearly all of its variance.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from pydantic import Field
from torch import Tensor

from ._lightgbm import Gradient
from ._task import Prediction, Task
from ._trees import Search, boosted

TITLE = "boosted trees on columns and embedding"
WITHOUT = ("tuned_boosting", "lightgbm_boosting", "pseudo_label_boosting")
KINDS = ("table", "series")
TARGETS = ("class", "event", "number")
LOOKED_AT = 100_000  # training rows, at most, that the components come from


class Params(Search):
    variance: float = Field(0.99, gt=0, le=1, description="Share of the embedding's variance that the trees see")
    components: int = Field(64, ge=1, le=4_096, description="Principal components of the embedding at most")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the setting and the number of trees. Raises ValueError
    without features."""
    if task.features is None:
        raise ValueError("trees on both: expected features, found none")
    yield from boosted(task, params, Gradient, "trees on both", components(task, params.variance, params.components))


@torch.no_grad()
def components(task: Task, variance: float, most: int) -> Tensor:
    """The embedding's first principal components, float32 N x at most `most`, the largest first; of features that are
    standardised, as the linear probe's are: one of large values would be all that trees see."""
    rows = task.train[:: -(-len(task.train) // LOOKED_AT)]
    sample = task.features[task.index(rows)].double()
    mean, deviation = sample.mean(0), sample.std(0, correction=0)
    scale = torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation))
    whole = (sample - mean) / scale
    values, vectors = torch.linalg.eigh(whole.T @ whole / len(rows))
    values, vectors = values.flip(0).clamp_min(0), vectors.flip(1)
    held = values.cumsum(0) / values.sum().clamp_min(1e-30)
    kept = min(most, int((held < variance - 1e-9).sum()) + 1, len(values))
    return ((task.features - mean.float()) / scale.float()) @ vectors[:, :kept].float()
