"""SimSiam: predict the other view's embedding, whose gradient is stopped (Chen & He 2021, arXiv 2011.10566).

The defaults are for images of 28 to 96 pixels and batches of 64 to 512. Without a teacher it is cheaper than BYOL and
learns more slowly; in the first steps its embeddings have few directions, and that is no collapse.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from ..encoders._base import Encoder
from ..registry import Strict
from ._base import Batch, Outcome, Pretext
from ._projector import projector

TITLE = "SimSiam"
SWEPT = False
EXPERIMENTAL = "not yet shown to beat the untrained encoder by ten points on Fashion-MNIST in three CPU minutes"
ADVICE = (
    "Narrow the predictor's hidden layer: a bottleneck of a quarter of the embedding is the authors'.",
    "Lower the learning rate: a predictor that lags behind the encoder lets everything agree.",
    "Strengthen the augmentation: views that are nearly equal ask for nothing.",
)


class Params(Strict):
    hidden: int = Field(256, ge=8, le=8192, description="Width of the projector's hidden layers")
    out: int = Field(128, ge=2, le=8192, description="Length of the embedding that is predicted")
    bottleneck: int = Field(
        32,
        ge=2,
        le=8192,
        description="Width of the predictor's hidden layer",
        json_schema_extra={"sweep": {"low": 16, "high": 128, "log": True}},
    )


class SimSiam(Pretext):
    sphere = True
    stop = staticmethod(torch.detach)  # of the target's gradient: without it everything agrees within a few steps

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.projector = projector(dim, params.hidden, params.out, layers=3, norm=True)
        self.predictor = projector(params.out, params.bottleneck, params.out)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        backbone = encoder(torch.cat(batch.every))
        projected = self.projector(backbone)
        predicted = self.predictor(projected)
        loss = disagreement(predicted, self.stop(projected))
        return Outcome(loss, places={"backbone": backbone, "projector": projected, "predictor": predicted})


def disagreement(predicted: Tensor, target: Tensor) -> Tensor:
    """Negative cosine of each view's prediction to the other view's embedding, averaged over both directions.

    predicted, target: 2B x p, view-major; -1 where all agree.
    """
    other = target.roll(len(target) // 2, dims=0)
    return -F.cosine_similarity(predicted.float(), other.float()).mean()


def build(params: Params, dim: int, classes: int) -> Pretext:
    return SimSiam(params, dim)
