"""What a diagnostic is given: the last batch of embeddings at one place, and the moments of the stream."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

ROUNDING = 1e-12  # share of the mean square: above the square of float32's last digit, by which equal rows may differ


@dataclass
class Embeddings:
    """z: n x d, view-major (row i and row i + n / views are views of one image).

    mean (d) and second (d x d, the mean of z z^T, not centred), float64, may come from a longer stream than `z`;
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
        return moments(self.z)

    @cached_property
    def eigenvalues(self) -> Tensor:
        """Of the centred covariance, descending, float64, d; 0 where rounding alone may have left so much of rows that
        are all alike: it would look like variance in many directions."""
        mean, second = self._moments
        found = torch.linalg.eigvalsh(second - torch.outer(mean, mean)).flip(0)
        return torch.where(found > ROUNDING * second.trace(), found, 0.0)

    @cached_property
    def singular_values(self) -> Tensor:
        """Of the rows, uncentred, over sqrt(n), descending, float64, d."""
        return torch.linalg.eigvalsh(self._moments[1]).flip(0).clamp_min(0).sqrt()


def moments(z: Tensor) -> tuple[Tensor, Tensor]:
    """(mean, mean of z z^T) of n x d, float64: in float32 equal rows would seem to vary."""
    z = z.double()
    return z.mean(dim=0), z.T @ z / len(z)


def shares(values: Tensor) -> Tensor | None:
    """Non-negative values over their sum, or None where all are zero."""
    total = values.sum()
    return values / total if total > 0 else None


def exp_entropy(p: Tensor) -> float:
    """exp of the Shannon entropy of shares p; 0 log 0 = 0."""
    return float(torch.special.entr(p).sum().exp())
