"""Rows of a table as attribution takes them: their values, and the rows that stand for "nothing is known".

A method gives one score a feature; a column's score is the sum over its features (of a date the day, the weekday and
the month). A method takes a feature away by putting the values of some background rows, drawn from the training rows,
in its place, and averages the answers (interventional, as in Lundberg & Lee 2017): against one row alone, whatever a
row shares with it would score nothing. The tests (`hidden`) put the typical row's value there: the median of a number,
the most frequent value of a category. No arithmetic is done on the values themselves, because a missing one is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.seeds import seed_all
from ..engine.weights import Classifier, build_encoder
from ..modality.table.features import columns
from ..workspace.layout import BadInput
from ._base import Maps, explaining
from ._parts import Parts

# Feature values that pass through the model at once. It bounds the memory whatever the number of rows and steps.
FEATURES_AT_ONCE = 2**18
FEW = 16  # background rows of a method that asks about sets of features; one that asks about each once takes all
MOST_FEATURES = 512  # of a method that asks the model about many sets of features


@dataclass(frozen=True)
class Rows(Parts):
    """N rows whose parts are the columns of the source.

    values: float32 N x F on the device, NaN where missing; described: what each of the F features is
    (backend/modality/table/features.py); typical: float32 F; groups: features that `column_group_ablation` takes away
    together, each feature in one group; background: float32 B x F in random order, the typical row alone where there is
    none; spec: of the classifier's encoder (backend/engine/weights.py), by which a fresh one is built, None for models
    without one.
    """

    values: Tensor
    described: tuple[dict[str, Any], ...]
    typical: Tensor
    groups: tuple[tuple[int, ...], ...] = ()
    spec: dict[str, Any] | None = None
    background: Tensor | None = None

    part: ClassVar[str] = "columns"
    noise: ClassVar[str] = "random_scores"

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> Rows:
        return replace(self, values=self.values[rows])

    @property
    def device(self) -> torch.device:
        return self.values.device

    @property
    def base(self) -> Tensor:
        """float32 b x F, FEW of the background rows: from whose mean answer scores are measured that add up."""
        return self.all_base[:FEW]

    @property
    def all_base(self) -> Tensor:
        """float32 B x F, every background row."""
        return self.typical[None] if self.background is None else self.background

    @property
    def features(self) -> int:
        return self.values.shape[1]

    @cached_property
    def names(self) -> list[str]:
        """The columns of the source, in the order of their scores."""
        return list(columns(self.described))

    @cached_property
    def column_of(self) -> np.ndarray:
        """int64 F: the column of each feature."""
        place = {name: i for i, name in enumerate(self.names)}
        return np.array([place[one["column"]] for one in self.described], dtype=np.int64)

    @property
    def counts(self) -> np.ndarray:
        return np.full(len(self), len(self.names))

    def places(self, per_part: list[np.ndarray]) -> Tensor:
        return torch.from_numpy(np.stack(per_part)[:, self.column_of]).to(self.device)

    def hidden(self, gone: Tensor) -> Iterator[tuple[slice, Tensor]]:
        for part in batches(self):
            yield part, torch.where(gone[part], self.typical, self.values[part])

    def scores(self, found: Maps) -> list[np.ndarray]:
        """Of each row the scores of its columns, float64: a list, as of texts, so that rows of few columns are left out
        of rank correlations, which say nothing there (`FEWEST_WORDS` in _measures.py)."""
        return list(by_column(found.maps.numpy(), self.column_of))

    def renewed(self, model: nn.Module, seed: int) -> nn.Module:
        """A fresh encoder, drawn as it was before its training, under a fresh head."""
        if self.spec is None:
            return super().renewed(model, seed)
        encoder = build_encoder(self.spec, seed)
        with torch.random.fork_rng(devices=[]):
            seed_all(seed)
            head = nn.Linear(encoder.dim, model.head.out_features)
        return Classifier(encoder, head, model.target).to(self.device).eval()


def by_column(scores: np.ndarray, column_of: np.ndarray) -> np.ndarray:
    """Scores of features N x F -> of columns, float64 N x C: sums."""
    found = np.zeros((len(scores), int(column_of.max(initial=-1)) + 1))
    np.add.at(found.T, column_of, np.asarray(scores, dtype=np.float64).T)
    return found


def at_once(rows: Rows, base: Tensor | None = None) -> int:
    """How many rows may pass through the model together, each as often as there are rows in `base` (None: theirs)."""
    base = rows.base if base is None else base
    return max(1, FEATURES_AT_ONCE // max(1, rows.features * len(base)))


def batches(rows: Rows, base: Tensor | None = None) -> Iterator[slice]:
    """Slices of the rows that may pass through the model together."""
    size = at_once(rows, base)
    for start in range(0, len(rows), size):
        yield slice(start, min(start + size, len(rows)))


@torch.no_grad()
def logits(model: nn.Module, values: Tensor) -> Tensor:
    """float32 N x F -> what the model answers, N x K, in bounded batches."""
    size = max(1, FEATURES_AT_ONCE // max(1, values.shape[1]))
    with explaining(model):
        return torch.cat([model(part).float() for part in values.split(size)])


def kept(model: nn.Module, base: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """(float n x F, 1 where a feature keeps its value and 0 where it is taken away; the values, n x F) -> the mean
    answers over the background rows `base`, n x K.

    Captum perturbs this mask: multiplied with the values themselves, a missing one would stay.
    """

    def answers(there: Tensor, values: Tensor) -> Tensor:
        mixed = torch.where((there > 0.5)[:, None], values[:, None], base[None])
        return model(mixed.flatten(0, 1)).unflatten(0, mixed.shape[:2]).mean(dim=1)

    return answers


def check_features(method: str, rows: Rows) -> None:
    """Raises BadInput where there are too many features for a method that samples sets of them."""
    if rows.features > MOST_FEATURES:
        raise BadInput(
            f"{method}: expected at most {MOST_FEATURES} features, found {rows.features:,}; "
            "column_integrated_gradients and column_ablation take any number"
        )
