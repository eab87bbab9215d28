"""What the collapse monitor is shown of a model of tokens: a fixed number of their states, spread over the batch."""

from __future__ import annotations

import torch
from torch import Tensor

from ..encoders._text import Tokens

WATCHED = 512


def sample_tokens(hidden: Tensor, tokens: Tokens | None = None) -> Tensor:
    """States of `WATCHED` tokens, M x d, evenly spread over the batch, without padding; tokens: None of images."""
    flat = hidden.flatten(0, 1) if tokens is None or tokens.lengths is None else hidden[tokens.mask]
    if len(flat) <= WATCHED:
        return flat
    return flat[torch.linspace(0, len(flat) - 1, WATCHED, device=flat.device).long()]
