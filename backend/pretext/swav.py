"""SwAV: predict one view's cluster from another; equal clusters keep them apart (Caron et al. 2020, arXiv 2006.09882).

The defaults are for images of 28 to 96 pixels, batches of 128 to 512 and up to 100,000 images: 128 prototypes instead
of 3,000, which a batch can share out without a queue. A batch smaller than the prototypes needs the queue.
"""

from __future__ import annotations

from math import log

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from ..encoders._base import Encoder
from ..registry import Strict
from ._base import Batch, Outcome, Pretext
from ._crops import encoded, fitted, multi_crop
from ._projector import projector
from ._prototypes import Prototypes, agreement

TITLE = "SwAV"
SWEPT = False
EXPERIMENTAL = "not yet shown to beat the untrained encoder by ten points on Fashion-MNIST in three CPU minutes"
BOUND = "ln prototypes"
ROUNDS = 3  # of Sinkhorn and Knopp, as in the paper
ADVICE = (
    "With a loss at ln prototypes, lower the temperature or sharpen the assignment (epsilon).",
    "Take fewer prototypes, a larger batch or a queue: a batch must have images for every prototype.",
    "Weaken or vary the augmentation: views that share nothing, or everything, leave no signal.",
)


class Params(Strict):
    prototypes: int = Field(128, ge=2, le=65_536, description="Clusters among which a batch is shared out equally")
    temperature: float = Field(
        0.1,
        gt=0,
        le=10,
        description="Of the prediction",
        json_schema_extra={"sweep": {"low": 0.05, "high": 0.3, "log": True}},
    )
    epsilon: float = Field(0.05, gt=0, le=1, description="Softness of the assignment that is predicted")
    freeze: float = Field(0.02, ge=0, le=1, description="Share of the steps in which the prototypes stay as they are")
    queue: int = Field(0, ge=0, le=65_536, description="Earlier embeddings that are shared out along with the batch")
    local: int = Field(0, ge=0, le=10, description="Small views beside the two whole ones, which predict only")
    hidden: int = Field(256, ge=8, le=8192, description="Width of the projector's hidden layer")
    out: int = Field(64, ge=2, le=8192, description="Length of the embedding that prototypes are compared with")


class SwAV(Pretext):
    sphere = True

    def __init__(self, params: Params, dim: int):
        super().__init__()
        self.params = params
        self.views = multi_crop(params.local)
        self.projector = projector(dim, params.hidden, params.out)
        self.prototypes = Prototypes(params.out, params.prototypes)
        self.register_buffer("queue", torch.zeros(2, params.queue, params.out))
        self.register_buffer("queued", torch.zeros((), dtype=torch.int64))

    def prepare(self, encoder: Encoder) -> None:
        self.views = fitted(self.views, encoder)

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        p, views = self.params, batch.every
        whole, small = encoded(encoder, views)
        projected = self.projector(whole)
        every = projected if small is None else torch.cat([projected, self.projector(small)])
        scores = self.prototypes(every, frozen=batch.progress < p.freeze).float().chunk(len(views))
        targets = self._assigned(projected.detach(), scores)
        loss = agreement(targets, scores, p.temperature)
        return Outcome(loss, places={"backbone": whole, "projector": projected}, bound=log(p.prototypes), watched=2)

    @torch.no_grad()
    def _assigned(self, projected: Tensor, scores: tuple[Tensor, ...]) -> list[Tensor]:
        """The clusters of the two whole views, B x K each; the queue, once it is full, is shared out along."""
        found, count = [], len(scores[0])
        for view, embeddings in enumerate(projected.float().chunk(2)):
            together = scores[view].detach()
            if self.params.queue:
                # of a queue that is not full, as many rows as there are: the others count nothing
                earlier = self.prototypes(self.queue[view]).float()
                present = torch.arange(self.params.queue, device=earlier.device) < self.queued
                together = torch.cat([together, earlier.masked_fill(~present[:, None], -torch.inf)])
                self.queue[view] = torch.cat([F.normalize(embeddings, dim=1), self.queue[view]])[: self.params.queue]
            found.append(sinkhorn(together, self.params.epsilon)[:count])
        self.queued.add_(count).clamp_(max=self.params.queue)
        return found


def sinkhorn(scores: Tensor, epsilon: float, rounds: int = ROUNDS) -> Tensor:
    """B x K scores -> shares of the clusters for each row, such that all clusters get about equally much.

    Rows of -inf are rows that are not there. Rows of the result sum to 1.
    """
    shares = ((scores - scores.max()) / epsilon).exp()
    there = (scores[:, 0] > -torch.inf).to(shares)
    for _ in range(rounds):
        shares = shares / shares.sum(dim=0).clamp_min(1e-12) / shares.shape[1]
        shares = shares / shares.sum(dim=1, keepdim=True).clamp_min(1e-12) * (there / there.sum())[:, None]
    return shares * there.sum()


def build(params: Params, dim: int, classes: int) -> Pretext:
    return SwAV(params, dim)
