"""Attention rollout: where the layers look. It is NOT an explanation and is here to be tested beside those that are.

Abnar & Zuidema (2020), arXiv 2005.00928: the heads of a layer are averaged, half of every token is what it was before
(the residual connection), and the layers are multiplied. The encoder reads the mean over all tokens, so a token's score
is the mean over the tokens that look at it. It knows no class and no sign (Jain & Wallace 2019, arXiv 1902.10186).
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..registry import Strict
from ._base import explaining
from ._text import Sentences, TextMaps, padded

KINDS = ("text",)
TITLE = "Attention"
WEIGHTS_AT_ONCE = 2**24  # attention weights of all layers and heads that are held together


class Params(Strict):
    through: Literal["rollout", "mean"] = Field(
        "rollout", description="rollout: multiplied through the layers; mean: averaged over them"
    )


@torch.no_grad()
def attribute(model: nn.Module, texts: Sentences, target: Tensor, params: Params) -> TextMaps:
    """`model` is a Classifier over a TextEncoder; the target does not matter -> TextMaps, never negative"""
    encoder, length = model.encoder, texts.tokens.ids.shape[1]
    every = encoder.config.num_hidden_layers * encoder.config.num_attention_heads * length**2
    size, parts = max(1, WEIGHTS_AT_ONCE // max(1, every)), []
    with explaining(model):
        for start in range(0, len(texts), size):
            tokens = texts.tokens[start : start + size]
            layers = encoder.attentions(tokens).float().mean(dim=2)
            looks = layers.mean(dim=0) if params.through == "mean" else rollout(layers)
            reads = tokens.mask.float()
            parts.append((reads[:, None] @ looks).squeeze(1) / reads.sum(dim=1, keepdim=True))
    return TextMaps(padded(parts, length))


def rollout(layers: Tensor) -> Tensor:
    """Attention of each layer, L x N x T x T, rows adding up to 1 -> through all layers, N x T x T"""
    through = torch.eye(layers.shape[-1], device=layers.device).expand_as(layers[0])
    for layer in layers:
        through = (layer @ through + through) / 2
    return through
