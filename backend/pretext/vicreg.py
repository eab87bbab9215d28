"""VICReg: views agree, every dimension varies, no two correlate (Bardes et al. 2022, arXiv 2105.04906)."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from ..encoders._base import Encoder
from ..registry import Strict
from ._base import Batch, Outcome, Pretext
from ._projector import projector

TITLE = "VICReg"
ADVICE = (
    "Raise the variance weight: it is the term that keeps each dimension spread out.",
    "Raise the covariance weight if the rank is low while the spread is fine.",
    "Weaken or vary the augmentation: views that share nothing, or everything, leave no signal.",
)


class Params(Strict):
    invariance: float = Field(25.0, ge=0, le=1000, description="Weight of the agreement between views")
    variance: float = Field(
        25.0, ge=0, le=1000, description="Weight that keeps every dimension's std at 1; 0 collapses"
    )
    covariance: float = Field(1.0, ge=0, le=1000, description="Weight that decorrelates the dimensions")
    hidden: int = Field(256, ge=8, le=8192, description="Width of the projector's hidden layer")
    out: int = Field(128, ge=2, le=8192, description="Length of the embedding that the loss compares")


class VICReg(Pretext):
    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.weights = {"invariance": params.invariance, "variance": params.variance, "covariance": params.covariance}
        self.projector = projector(dim, params.hidden, params.out)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        backbone = encoder(torch.cat(batch.every))
        projected = self.projector(backbone)
        a, b = projected.float().chunk(2)
        parts = {
            "invariance": F.mse_loss(a, b),
            "variance": (variance(a) + variance(b)) / 2,
            "covariance": covariance(a) + covariance(b),
        }
        loss = sum(self.weights[name] * part for name, part in parts.items())
        return Outcome(loss, parts, places={"backbone": backbone, "projector": projected})


def variance(z: Tensor) -> Tensor:
    """Mean over the dimensions of max(0, 1 - std), std of B x p with 1e-4 under the root."""
    return F.relu(1 - torch.sqrt(z.var(dim=0) + 1e-4)).mean()


def covariance(z: Tensor) -> Tensor:
    """Sum of the squared off-diagonal entries of the covariance of B x p, over p."""
    z = z - z.mean(dim=0)
    matrix = z.T @ z / (len(z) - 1)
    return (matrix.square().sum() - matrix.diagonal().square().sum()) / z.shape[1]


def build(params: Params, dim: int, classes: int) -> Pretext:
    return VICReg(params, dim)
