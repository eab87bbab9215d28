"""What a diagnostic is given: the last batch of embeddings at one place, and the moments of the stream."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass
class Embeddings:
    """z: n x d, view-major (row i and row i + n / views are views of one image).

    mean (d) and second (d x d, the mean of z z^T, not centred) may come from a longer stream than `z`;
    without them they are those of `z`.
    """

    z: Tensor
    views: int = 1
    mean: Tensor | None = None
    second: Tensor | None = None

    @property
    def dim(self) -> int:
        return self.z.shape[1]

    @cached_property
    def unit(self) -> Tensor:
        """The rows on the unit sphere, float32."""
        return F.normalize(self.z.float(), dim=1)

    @property
    def first_view(self) -> Tensor:
        """The rows on the unit sphere, one of each image."""
        return self.unit[: len(self.z) // self.views]

    @cached_property
    def _moments(self) -> tuple[Tensor, Tensor]:
        if self.mean is not None and self.second is not None:
            return self.mean.double(), self.second.double()
        z = self.z.double()
        return z.mean(dim=0), z.T @ z / len(z)

    @cached_property
    def eigenvalues(self) -> Tensor:
        """Of the centred covariance, descending, float64, d; rounding below 0 is cut."""
        mean, second = self._moments
        return torch.linalg.eigvalsh(second - torch.outer(mean, mean)).flip(0).clamp_min(0)

    @cached_property
    def singular_values(self) -> Tensor:
        """Of the rows, uncentred, over sqrt(n), descending, float64, d."""
        return torch.linalg.eigvalsh(self._moments[1]).flip(0).clamp_min(0).sqrt()


def shares(values: Tensor) -> Tensor | None:
    """Non-negative values over their sum, or None where all are zero."""
    total = values.sum()
    return values / total if total > 0 else None


def exp_entropy(p: Tensor) -> float:
    """exp of the Shannon entropy of shares p; 0 log 0 = 0."""
    return float(torch.special.entr(p).sum().exp())
