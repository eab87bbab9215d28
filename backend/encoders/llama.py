"""Llama: reads from left to right, with rotary positions and gated layers (Touvron et al. 2023, arXiv 2302.13971)."""

from __future__ import annotations

from pydantic import Field

from ..registry import Strict
from ._text import TextEncoder, Vocabulary, rotary_heads

TITLE = "Llama"
KINDS = ("text",)
READS = ("causal",)


class Params(Strict):
    width: int = Field(192, ge=16, le=4096, description="Length of a token's state, an even multiple of the heads")
    layers: int = Field(4, ge=1, le=96)
    heads: int = Field(4, ge=1, le=64)
    dropout: float = Field(0.0, ge=0, le=0.9, description="Of attention weights; the family has no other")


def build(params: Params, vocabulary: Vocabulary) -> TextEncoder:
    from transformers import LlamaConfig

    rotary_heads(params.width, params.heads)
    end = vocabulary.separator
    config = LlamaConfig(
        vocab_size=vocabulary.size,
        hidden_size=params.width,
        intermediate_size=8 * (params.width // 3),  # two thirds of four widths: gating adds a third matrix
        num_hidden_layers=params.layers,
        num_attention_heads=params.heads,
        attention_dropout=params.dropout,
        max_position_embeddings=max(512, vocabulary.length),
        tie_word_embeddings=True,
        pad_token_id=vocabulary.pad,
        bos_token_id=end,
        eos_token_id=end,
    )
    return TextEncoder(config, vocabulary.length)
