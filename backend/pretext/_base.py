"""What every pretext task is: a batch of views in, a loss and the embeddings to watch out."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor, nn

from ..encoders._base import Encoder


@dataclass
class Batch:
    """views: V tensors B x C x H x W in [0, 1], one augmented view each; labels: int64 B, -1 where missing."""

    views: list[Tensor]
    labels: Tensor | None = None


@dataclass
class Outcome:
    """loss: scalar; parts: its named terms; places: what the collapse monitor watches, view-major (V*B) x d;
    bound: the loss of a useless representation (ln(2B-1) for NT-Xent), None where there is none."""

    loss: Tensor
    parts: dict[str, Tensor] = field(default_factory=dict)
    places: dict[str, Tensor] = field(default_factory=dict)
    bound: float | None = None


class Pretext(nn.Module):
    """views: augmented views of an image a step; sphere: the loss compares directions, not lengths or offsets."""

    views: int = 2
    sphere: bool = False

    def forward(self, encoder: Encoder, batch: Batch) -> Outcome:
        raise NotImplementedError
