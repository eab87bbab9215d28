"""The projector between the encoder and the loss; thrown away after pretraining."""

from __future__ import annotations

from torch import nn


def projector(dim: int, hidden: int, out: int, rank: int = 0, layers: int = 2, norm: bool = False) -> nn.Sequential:
    """MLP N x dim -> N x out of `layers` linear layers, all but the last under BatchNorm and ReLU.

    norm: the output under a BatchNorm without scale and shift too; `rank` > 0 squeezes the output through that many
    linear dimensions, which plants a dimensional collapse.
    """
    last = [nn.Linear(hidden, out, bias=not norm)] if rank == 0 else [nn.Linear(hidden, rank), nn.Linear(rank, out)]
    inner = [
        part
        for inputs in (dim, *[hidden] * (layers - 2))
        for part in (nn.Linear(inputs, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU())
    ]
    return nn.Sequential(*inner, *last, *([nn.BatchNorm1d(out, affine=False)] if norm else []))
