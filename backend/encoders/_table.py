"""What every encoder of tables is: records in (backend/modality/table/features.py), one feature vector a row out; and
`Records`, the rows of a table as examples.

An encoder first gives each feature of a row a vector of its own (`embed`), then reads these vectors together (`body`).
Pretext tasks replace vectors between the two, and gradients of an explanation end there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._examples import Examples

MOST_BINS = 64


class Records(Examples):
    """Rows of a table.

    values: float32 N x F, NaN where missing, on a device or in a mapped file, of which only the rows that are asked for
    are read; described: what each of the F features means (backend/modality/table/features.py).
    """

    unit = "rows"

    def __init__(self, values: Tensor | np.ndarray, described: Sequence[dict[str, Any]]):
        self.values = torch.as_tensor(values)
        self.described = described

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> Records:
        if not isinstance(rows, slice):
            rows = torch.as_tensor(rows, device=self.values.device)
        return Records(self.values[rows], self.described)

    def to(self, device: torch.device | str) -> Records:
        return Records(self.values.to(device), self.described)

    @property
    def device(self) -> torch.device:
        return self.values.device

    @property
    def input(self) -> Tensor:
        """float32 N x F, NaN where missing."""
        return self.values


class TableEncoder(nn.Module):
    """Base of the encoders of tables.

    dim: length of the feature vector of a row; features: how many columns the records have; width: length of the vector
    that `embed` gives each of them.
    """

    dim: int
    features: int
    width: int

    def embed(self, records: Tensor) -> Tensor:
        """float32 N x F, NaN where missing -> N x F x width"""
        raise NotImplementedError

    def body(self, embedded: Tensor) -> Tensor:
        """N x F x width -> features, N x dim"""
        raise NotImplementedError

    def forward(self, records: Tensor) -> Tensor:
        """float32 N x F -> features, N x dim"""
        return self.body(self.embed(records))


class Embedded(Strict):
    """How numbers become vectors: the parameters that encoders of tables share."""

    numbers: Literal["piecewise", "periodic", "linear"] = Field(
        "piecewise", description="How a number is read: its place among quantiles, waves, or as it is"
    )
    bins: int = Field(MOST_BINS, ge=2, le=MOST_BINS, description="Piecewise: quantile bins of a number at most")
    frequencies: int = Field(24, ge=1, le=256, description="Periodic: waves of a number")
    spread: float = Field(0.05, gt=0, le=10, description="Periodic: how widely the frequencies are drawn at first")


class ColumnEmbedding(nn.Module):
    """N x F records -> N x F x width, each feature by weights of its own; a missing value is a vector that is learnt.

    piecewise: where in which quantile bin a number lies (Gorishniy et al. 2022, arXiv 2203.05556, section 3.2), kept
    within the training rows' range; periodic: sines and cosines of learnt frequencies (section 3.3), both with a linear
    layer and a ReLU; linear: the number times a vector. features: as `features.arguments` says it.
    """

    def __init__(self, features: Sequence[dict[str, Any]], width: int, how: Embedded):
        super().__init__()
        self.how, self.width, self.count = how, width, len(features)
        numbers = [i for i, one in enumerate(features) if one["kind"] == "number"]
        categories = [i for i, one in enumerate(features) if one["kind"] == "category"]
        self.register_buffer("numbers", torch.tensor(numbers, dtype=torch.int64), persistent=False)
        self.register_buffer("categories", torch.tensor(categories, dtype=torch.int64), persistent=False)
        order = torch.tensor([*numbers, *categories], dtype=torch.int64)
        self.register_buffer("back", order.argsort(), persistent=False)
        self.missing = nn.Parameter(torch.randn(len(features), width) * 0.1)
        if numbers:
            self._of_numbers([features[i]["edges"] for i in numbers])
        if categories:
            sizes = torch.tensor([features[i]["size"] for i in categories], dtype=torch.int64)
            self.register_buffer("sizes", sizes, persistent=False)
            self.register_buffer("begins", sizes.cumsum(0) - sizes, persistent=False)
            self.table = nn.Embedding(int(sizes.sum()), width)
            nn.init.normal_(self.table.weight, std=width**-0.5)

    def _of_numbers(self, edges: list[list[float]]) -> None:
        count, how = len(edges), self.how
        if how.numbers == "piecewise":
            left, right = _bins(edges, min(how.bins, MOST_BINS))
            self.register_buffer("left", left, persistent=False)
            self.register_buffer("length", (right - left).clamp_min(1e-6), persistent=False)
            self.register_buffer("real", right > left, persistent=False)
            inputs = left.shape[1]
        elif how.numbers == "periodic":
            self.frequency = nn.Parameter(torch.randn(count, how.frequencies) * how.spread)
            inputs = 2 * how.frequencies
        else:
            inputs = 1
        bound = inputs**-0.5
        self.weight = nn.Parameter(torch.empty(count, inputs, self.width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(count, self.width).uniform_(-bound, bound))

    def forward(self, records: Tensor) -> Tensor:
        gone, parts = records.isnan(), []
        if len(self.numbers):
            parts.append(self._numbers(torch.nan_to_num(records[:, self.numbers])))
        if len(self.categories):
            code = torch.nan_to_num(records[:, self.categories]).long().clamp_min(0)
            code = torch.where(code < self.sizes, code, torch.zeros_like(code))  # a code that is not known is "other"
            parts.append(self.table(code + self.begins))
        found = (torch.cat(parts, dim=1) if len(parts) > 1 else parts[0])[:, self.back]
        return torch.where(gone[:, :, None], self.missing.to(found.dtype), found)

    def _numbers(self, values: Tensor) -> Tensor:
        """N x numbers -> N x numbers x width"""
        if self.how.numbers == "piecewise":
            inside = ((values[:, :, None] - self.left) / self.length).clamp(0, 1) * self.real
        elif self.how.numbers == "periodic":
            angle = 2 * torch.pi * self.frequency * values[:, :, None]
            inside = torch.cat([angle.cos(), angle.sin()], dim=2)
        else:
            inside = values[:, :, None]
        found = torch.einsum("nfi,fiw->nfw", inside, self.weight.to(inside.dtype)) + self.bias
        return found if self.how.numbers == "linear" else found.relu()


def _bins(edges: list[list[float]], most: int) -> tuple[Tensor, Tensor]:
    """Left and right ends of each feature's bins, features x bins; bins that a feature lacks have no length."""
    kept = [thinned(one, most) for one in edges]
    bins = max(1, *(len(one) - 1 for one in kept))
    left, right = torch.zeros(len(kept), bins), torch.zeros(len(kept), bins)
    for place, one in enumerate(kept):
        ends = torch.tensor(one, dtype=torch.float32)
        left[place, : len(one) - 1], right[place, : len(one) - 1] = ends[:-1], ends[1:]
    return left, right


def thinned(edges: list[float], most: int) -> list[float]:
    """At most `most` bins, whose ends are spread evenly over the given ones."""
    if len(edges) <= most + 1:
        return edges
    return [edges[round(i * (len(edges) - 1) / most)] for i in range(most + 1)]
