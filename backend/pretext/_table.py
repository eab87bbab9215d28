"""What the pretext tasks of tables share: guessing the values of a row from its feature vector.

A category is guessed by cross entropy over its codes, a number by cross entropy over its quantile bins or by squared
error. The loss of each feature is divided by that of guessing without looking at the row, from the frequencies of
training rows: every column then counts alike, whatever its kind, and a loss of 1 means that nothing was learned. A
missing value is never asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from ..encoders._table import thinned
from ..modality.table import features as stored
from ..registry import Strict

LEAST = 0.05  # nats, or variance: a feature that hardly varies does not count for more than one of this much
FARTHEST = 4.0  # standard deviations: squared errors are of values within these


class Guessed(Strict):
    """How values are guessed: the parameters that tasks of tables share."""

    numbers: Literal["bins", "value"] = Field(
        "bins", description="A number is guessed by its quantile bin (cross entropy) or by its value (squared error)"
    )
    bins: int = Field(16, ge=2, le=64, description="Quantile bins of a number at most")
    hidden: int = Field(256, ge=8, le=8192, description="Width of the hidden layer between features and guesses")


class Guesses(nn.Module):
    """Features N x dim -> what each value of the rows costs to guess, N x F.

    described: what each feature means (backend/modality/table/features.py); sample: float32 M x F, training rows whose
    frequencies say what a guess without looking costs.
    """

    def __init__(self, params: Guessed, dim: int, described: Sequence[dict[str, Any]], sample: Tensor):
        super().__init__()
        binned = params.numbers == "bins"
        numbers = [i for i, one in enumerate(described) if one["kind"] == "number"]
        coded = [i for i, one in enumerate(described) if one["kind"] == "category" or binned]
        self.by_value = [] if binned else numbers
        edges = {i: thinned(described[i]["edges"], params.bins) for i in numbers} if binned else {}
        sizes = {i: len(edges[i]) if i in edges else len(described[i]["values"]) + 1 for i in coded}
        self._codes(len(described), edges, sizes)
        widths = [len(group) * self._wide(group, sizes) for group in self.groups] + [len(self.by_value)]
        self.widths = widths
        self.hidden = nn.Sequential(nn.Linear(dim, params.hidden), nn.ReLU())
        self.out = nn.Linear(params.hidden, sum(widths))
        share = {i: 1 / len(group) for group in stored.columns(described).values() for i in group}
        self.register_buffer("share", torch.tensor([share[i] for i in range(len(described))]), persistent=False)
        blind = self._blind(sample, sizes)
        self._begin(sample, sizes)
        self.register_buffer("least", blind.clamp_min(LEAST), persistent=False)
        self.blind = blind / self.least

    def bound(self, asked: Tensor | None = None) -> float:
        """The loss of guessing without looking, of the features `asked` (bool F; None: all): 1 where all vary."""
        share = self.share if asked is None else self.share * asked
        return float((self.blind * share).sum() / share.sum())

    def _codes(self, count: int, edges: dict[int, list[float]], sizes: dict[int, int]) -> None:
        """Which features are guessed by code, those of about as many codes together; the bins of numbers."""
        found: dict[int, list[int]] = {}
        for i, size in sizes.items():
            found.setdefault(max(2, 1 << (size - 1).bit_length()), []).append(i)
        self.groups = [found[width] for width in sorted(found)]
        for place, group in enumerate(self.groups):
            there = torch.tensor([sizes[i] for i in group])[:, None] > torch.arange(self._wide(group, sizes))
            self.register_buffer(f"features{place}", torch.tensor(group), persistent=False)
            self.register_buffer(f"there{place}", there, persistent=False)
        # a bin begins at each edge: the last holds the largest value alone, which is one of a few in many a column
        most = max((len(one) for one in edges.values()), default=1) - 1
        begins = torch.full((len(edges), max(1, most)), torch.inf)
        for place, one in enumerate(edges.values()):
            begins[place, : len(one) - 1] = torch.tensor(one[1:])
        self.register_buffer("binned", torch.tensor(list(edges), dtype=torch.int64), persistent=False)
        self.register_buffer("begins", begins, persistent=False)
        self.register_buffer("sizes", torch.tensor([sizes.get(i, 1) for i in range(count)]), persistent=False)
        self.register_buffer("valued", torch.tensor(self.by_value, dtype=torch.int64), persistent=False)

    @staticmethod
    def _wide(group: list[int], sizes: dict[int, int]) -> int:
        return max(sizes[i] for i in group)

    def codes(self, records: Tensor) -> Tensor:
        """int64 N x F: the code of each category and the bin of each number; 0 where missing."""
        values = torch.nan_to_num(records)
        codes = values.long().clamp_min(0)
        codes = torch.where(codes < self.sizes, codes, torch.zeros_like(codes))
        if len(self.binned):
            bins = torch.searchsorted(self.begins, values[:, self.binned].T.contiguous(), right=True).T
            codes = codes.index_copy(1, self.binned, bins)
        return codes

    def _blind(self, sample: Tensor, sizes: dict[int, int]) -> Tensor:
        """float32 F: the loss of guessing each feature by its frequencies, or its mean."""
        codes, known, found = self.codes(sample), ~sample.isnan(), torch.zeros(sample.shape[1])
        for i, size in sizes.items():
            counts = torch.bincount(codes[known[:, i], i], minlength=size).float()
            found[i] = torch.special.entr(counts / counts.sum().clamp_min(1)).sum()
        for i in self.by_value:
            there = sample[known[:, i], i].clamp(-FARTHEST, FARTHEST)
            found[i] = there.var(correction=0) if len(there) else 0.0
        return found

    @torch.no_grad()
    def _begin(self, sample: Tensor, sizes: dict[int, int]) -> None:
        """At first the frequencies are guessed: else many steps would go by before the loss comes to its bound."""
        codes, known, begin = self.codes(sample), ~sample.isnan(), 0
        self.out.weight.mul_(0.1)
        for group, width in zip(self.groups, self.widths, strict=False):
            wide = width // len(group)
            for i in group:
                counts = torch.bincount(codes[known[:, i], i], minlength=wide).float() + 0.5
                self.out.bias[begin : begin + wide] = (counts / counts.sum()).log()
                begin += wide
        for i in self.by_value:
            there = sample[known[:, i], i].clamp(-FARTHEST, FARTHEST)
            self.out.bias[begin] = there.mean() if len(there) else 0.0
            begin += 1

    def forward(self, features: Tensor, records: Tensor) -> tuple[Tensor, Tensor]:
        """(losses N x F, each over that of guessing without looking, 0 where a value is missing; known: bool N x F)"""
        told = self.out(self.hidden(features)).float().split(self.widths, dim=1)
        known, codes = ~records.isnan(), self.codes(records)
        losses = torch.zeros_like(records)
        for place, answers in enumerate(told[:-1]):
            of, there = getattr(self, f"features{place}"), getattr(self, f"there{place}")
            answers = answers.unflatten(1, there.shape).masked_fill(~there, -torch.inf)
            losses = losses.index_copy(1, of, F.cross_entropy(answers.transpose(1, 2), codes[:, of], reduction="none"))
        if len(self.valued):
            values = torch.nan_to_num(records[:, self.valued]).clamp(-FARTHEST, FARTHEST)
            losses = losses.index_copy(1, self.valued, (told[-1] - values).square())
        return losses / self.least * known, known

    def balanced(self, losses: Tensor, counted: Tensor) -> Tensor:
        """The mean over columns of the mean loss of their counted values (bool N x F); 0 where none is."""
        count = counted.sum(dim=0)
        means, there = (losses * counted).sum(dim=0) / count.clamp_min(1), self.share * (count > 0)
        return (means * there).sum() / there.sum().clamp_min(1e-6)
