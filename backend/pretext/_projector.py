"""The projector between the encoder and the loss; thrown away after pretraining."""

from __future__ import annotations

from torch import nn


def projector(dim: int, hidden: int, out: int, rank: int = 0) -> nn.Sequential:
    """MLP N x dim -> N x out with one hidden layer under BatchNorm; `rank` > 0 squeezes the output
    through that many linear dimensions, which plants a dimensional collapse."""
    last = [nn.Linear(hidden, out)] if rank == 0 else [nn.Linear(hidden, rank), nn.Linear(rank, out)]
    return nn.Sequential(nn.Linear(dim, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(), *last)
