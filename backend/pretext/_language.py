"""What the pretext tasks of text share: does the encoder fit, gradient checkpointing, the loss of the next token."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..encoders._text import CAUSAL, HEADS, TextEncoder
from ..workspace.layout import BadInput
from ._cross_entropy import cross_entropy

CHUNK = 8192  # places whose logits are held at once


def expect(task: str, encoder: TextEncoder, causal: bool) -> None:
    """Raises BadInput with one line, that names the fitting model types, where the encoder reads the wrong way."""
    if encoder.causal == causal:
        return
    way = "from left to right" if causal else "in both directions"
    fitting = [kind for kind in HEADS if (kind in CAUSAL) == causal]
    found = encoder.config.model_type
    raise BadInput(f"pretext {task}: expected an encoder that reads {way} ({', '.join(fitting)}), found {found!r}")


def recompute(encoder: TextEncoder, wanted: bool) -> None:
    """Gradient checkpointing: keep each layer's input only and compute the layer again in the backward pass."""
    if wanted:
        encoder.model.activation_checkpointing_enable({"use_reentrant": False})


def guess(encoder: TextEncoder, hidden: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Cross entropies (nats) and whether the right token was the likeliest, both M, of states M x dim and truths M.

    Logits are M x vocabulary, more than all else for long inputs: beyond `CHUNK` places they are made chunk by chunk,
    and again in the backward pass.
    """
    if len(hidden) <= CHUNK or not torch.is_grad_enabled():
        parts = [_guess(encoder, h, t) for h, t in zip(hidden.split(CHUNK), truth.split(CHUNK), strict=True)]
    else:
        parts = [
            checkpoint(_guess, encoder, h, t, use_reentrant=False)
            for h, t in zip(hidden.split(CHUNK), truth.split(CHUNK), strict=True)
        ]
    losses, right = zip(*parts, strict=True)
    return torch.cat(losses), torch.cat(right)


def _guess(encoder: TextEncoder, hidden: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    return cross_entropy(encoder.logits(hidden), truth)


def drops_out(module: nn.Module) -> bool:
    return any(isinstance(layer, nn.Dropout) and layer.p > 0 for layer in module.modules())
