"""GPT-2: a Transformer that reads from left to right (Radford et al. 2019)."""

from __future__ import annotations

from pydantic import Field

from ..registry import Strict
from ._text import TextEncoder, Vocabulary, whole_heads

TITLE = "GPT-2"
KINDS = ("text",)
READS = ("causal",)


class Params(Strict):
    width: int = Field(192, ge=16, le=4096, description="Length of a token's state, a multiple of the heads")
    layers: int = Field(4, ge=1, le=96)
    heads: int = Field(4, ge=1, le=64)
    dropout: float = Field(0.1, ge=0, le=0.9)


def build(params: Params, vocabulary: Vocabulary) -> TextEncoder:
    from transformers import GPT2Config

    whole_heads(params.width, params.heads)
    end = vocabulary.separator
    config = GPT2Config(
        vocab_size=vocabulary.size,
        n_positions=max(512, vocabulary.length),
        n_embd=params.width,
        n_layer=params.layers,
        n_head=params.heads,
        resid_pdrop=params.dropout,
        embd_pdrop=params.dropout,
        attn_pdrop=params.dropout,
        pad_token_id=vocabulary.pad,
        bos_token_id=end,
        eos_token_id=end,
    )
    return TextEncoder(config, vocabulary.length)
