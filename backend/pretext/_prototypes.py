"""Clusters that embeddings are compared with, and how far the views agree on them: of DINO and SwAV."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Prototypes(nn.Module):
    """Cosines of N x p embeddings to K prototypes, N x K; the weights' lengths do not count."""

    def __init__(self, width: int, count: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(count, width))

    def forward(self, embeddings: Tensor, frozen: bool = False) -> Tensor:
        """frozen: let no gradient reach the prototypes."""
        weight = self.weight.detach() if frozen else self.weight
        return F.normalize(embeddings, dim=1) @ F.normalize(weight, dim=1).T


def agreement(targets: Sequence[Tensor], scores: Sequence[Tensor], temperature: float) -> Tensor:
    """Mean cross entropy of every view's prediction under the clusters of the whole views, no view under its own.

    targets: shares of the clusters, B x K, one tensor a whole view; scores: B x K, one tensor a view, the whole views
    first; temperature: of the prediction. ln K where nothing is known.
    """
    logs = [(one.float() / temperature).log_softmax(dim=1) for one in scores]
    pairs = [(t, s) for t in range(len(targets)) for s in range(len(scores)) if s != t]
    return sum(-(targets[t] * logs[s]).sum(dim=1).mean() for t, s in pairs) / len(pairs)
