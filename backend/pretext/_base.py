"""What every pretext task is: a batch of views in, a loss and the embeddings to watch out."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ..encoders._base import Encoder
from ..encoders._text import TextEncoder, Tokens


@dataclass
class Batch:
    """views: V tensors B x C x H x W in [0, 1], one augmented view each, or V times the tokens of B texts;
    labels: int64 B, -1 where missing; generator: on the device, for what the task itself draws (masks)."""

    views: list[Tensor] | list[Tokens]
    labels: Tensor | None = None
    generator: torch.Generator | None = None


@dataclass
class Outcome:
    """loss: scalar; parts: its named terms; places: what the collapse monitor watches, view-major (V*B) x d;
    bound: the loss of a useless representation (ln(2B-1) for NT-Xent), None where there is none."""

    loss: Tensor
    parts: dict[str, Tensor] = field(default_factory=dict)
    places: dict[str, Tensor] = field(default_factory=dict)
    bound: float | None = None


class Pretext(nn.Module):
    """views: augmented views of an example a step; sphere: the loss compares directions, not lengths or offsets;
    packed: of text, whether texts are joined and cut into blocks of full length instead of one text a row;
    language: "causal" or "masked" where the encoder's own head is trained to guess tokens, else None;
    bound: of a language model, the loss of guessing without looking (set by who knows how often tokens occur)."""

    views: int = 2
    sphere: bool = False
    packed: bool = True
    language: str | None = None
    bound: float | None = None

    def prepare(self, encoder: Encoder | TextEncoder) -> None:
        """Settle with the encoder before training. Raises BadInput with one line where the two do not fit."""

    def forward(self, encoder: Encoder | TextEncoder, batch: Batch) -> Outcome:
        raise NotImplementedError
