"""What the collapse monitor is shown of a text model: a fixed number of token states, spread over the batch."""

from __future__ import annotations

import torch
from torch import Tensor

from ..encoders._text import Tokens

WATCHED = 512


def sample_tokens(hidden: Tensor, tokens: Tokens) -> Tensor:
    """States of `WATCHED` tokens, M x d, evenly spread over the batch, padding left out where there is any."""
    flat = hidden.flatten(0, 1) if tokens.lengths is None else hidden[tokens.mask]
    if len(flat) <= WATCHED:
        return flat
    return flat[torch.linspace(0, len(flat) - 1, WATCHED, device=flat.device).long()]
